// Real faults on real instances on MySQL; see faults.ts.
import { declareFaults } from './faults.js';

declareFaults('mysql');
