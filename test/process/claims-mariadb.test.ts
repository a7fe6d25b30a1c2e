// Rows shared through real faults on MariaDB; see claims.ts.
import { declareClaims } from './claims.js';

declareClaims('mariadb');
