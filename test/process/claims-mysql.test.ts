// Rows shared through real faults on MySQL; see claims.ts.
import { declareClaims } from './claims.js';

declareClaims('mysql');
