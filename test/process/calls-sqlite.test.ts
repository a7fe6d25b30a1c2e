// Recorded calls and crashes, on sqlite.
import { declareCalls } from './calls.js';

declareCalls('sqlite');
