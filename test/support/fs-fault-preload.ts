// Loaded before the command in a process of its own: breaks its disk as the environment says, and kills it in earnest.
import { breakDisk, type Fault } from './fs-faults.js';

const { DISK_ROOT: root = '', DISK_AT: at = '', DISK_FAULT: fault = '' } = process.env;

breakDisk({
  root,
  at: Number(at),
  fault: fault as Fault,
  kill: () => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('not reached');
  },
});
