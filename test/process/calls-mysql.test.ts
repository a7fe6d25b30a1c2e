// Recorded calls and crashes, on mysql.
import { declareCalls } from './calls.js';

declareCalls('mysql');
