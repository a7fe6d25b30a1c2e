// `dal-job rename` as the command sees it: the plan, its carrying out, and what is left to a person.

export { type Mention, mentionsOf } from './mentions.js';
export { applyRename, planRename, type RenameOptions, type RenamePlan } from './plan.js';
export { RenameRefused } from './refused.js';
