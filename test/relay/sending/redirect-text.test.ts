import { describe, expect, it } from 'vitest';
import { redirectText } from '../../../lib/relay/sending/redirect-text.ts';

const URL_OF_ENDPOINT = 'https://hooks.example/services/T0AB12CD/hook';
const textOf = (status: number, location?: string) =>
  redirectText(URL_OF_ENDPOINT, { status, ...(location !== undefined && { headers: { location } }) });

describe('the text of a redirect', () => {
  it.each([300, 302, 399])('says where an answer %i redirects to', (status) => {
    expect(textOf(status, 'https://shop.example/login?next=1#top')).toBe('redirects to shop.example/login');
  });

  it.each([200, 299, 400])('is none for an answer %i', (status) => {
    expect(textOf(status, 'https://shop.example/login')).toBeUndefined();
  });

  it('is none without a place, or with one that is no URL', () => {
    expect(textOf(302)).toBeUndefined();
    expect(textOf(302, 'https://')).toBeUndefined();
  });

  it.each([
    ['/services/T0AB12CD/other', 'redirects to hooks.example/***/***/other'],
    ['/hook/T0AB12CDX', 'redirects to hooks.example/hook/T0AB12CDX'],
    ['mailto:ann@shop.example', 'redirects to mailto:'],
    [`/${'x'.repeat(300)}`, `redirects to hooks.example/${'x'.repeat(173)}`],
  ])('to %s shows no long segment of the endpoint’s own path', (location, text) => {
    expect(textOf(302, location)).toBe(text);
  });
});
