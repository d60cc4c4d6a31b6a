import { settlesInTime } from './liveness/every-scenario.ts';

settlesInTime(2);
