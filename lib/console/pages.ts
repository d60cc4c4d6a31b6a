/** The console's pages, in the order of the navigation. */
import { attentionPage } from './attention/attention-page.ts';
import type { Page } from './console-env.ts';
import { endpointsPage } from './endpoints/endpoints-page.ts';
import { homePage } from './home/home-page.ts';
import { livePage } from './live/live-page.ts';
import { ordersPage } from './orders/orders-page.ts';

export const PAGES: readonly Page[] = [homePage, ordersPage, endpointsPage, attentionPage, livePage];
