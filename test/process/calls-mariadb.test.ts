// Recorded calls and crashes, on mariadb.
import { declareCalls } from './calls.js';

declareCalls('mariadb');
