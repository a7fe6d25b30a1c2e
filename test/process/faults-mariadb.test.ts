// Real faults on real instances on MariaDB; see faults.ts.
import { declareFaults } from './faults.js';

declareFaults('mariadb');
