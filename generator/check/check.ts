// Everything a schema cannot say of jobs.yaml: names, schedules, policies, references, types, and claims.
// Each check reports all it finds and decides nothing for the others; their order does not matter.

import { checkClaims } from './claims.js';
import type { CheckContext } from './context.js';
import { checkDatabase } from './database.js';
import { checkInputDefaults } from './defaults.js';
import { checkDurations } from './durations.js';
import { checkErrorNames } from './errors.js';
import { checkFolders } from './folders.js';
import { checkNames } from './names.js';
import { checkPolicies } from './policies.js';
import { checkSchedules } from './schedules.js';
import { checkServices } from './services.js';
import { checkTypes } from './types.js';

export function checkConfig(context: CheckContext): void {
  checkNames(context);
  checkFolders(context);
  checkDatabase(context);
  checkSchedules(context);
  checkPolicies(context);
  checkDurations(context);
  checkClaims(context);
  checkErrorNames(context);
  checkTypes(context);
  checkServices(context);
  checkInputDefaults(context);
}
