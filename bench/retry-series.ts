// The measurements of bench/retry by name: each a rate, and the processor time of one, of client and server together.
import { type BenchServer, cpuMsOf, median } from './servers.js';

export interface Measured {
  readonly count: number;
  /** Of the client's processes. */
  readonly pids: readonly number[];
}

interface Figures {
  readonly perSecond: number[];
  readonly clientUs: number[];
  readonly serverUs: number[];
}

export class Series {
  readonly #server: BenchServer;
  readonly #figures = new Map<string, Figures>();

  constructor(server: BenchServer) {
    this.#server = server;
  }

  /** @param run resolves with how many a second */
  async measure(name: string, { count, pids }: Measured, run: () => Promise<number>): Promise<void> {
    const figures = this.#figures.get(name) ?? { perSecond: [], clientUs: [], serverUs: [] };
    this.#figures.set(name, figures);
    const client = () => pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
    const before = [client(), this.#server.cpuMs()] as const;
    figures.perSecond.push(await run());
    figures.clientUs.push(((client() - before[0]) * 1_000) / count);
    figures.serverUs.push(((this.#server.cpuMs() - before[1]) * 1_000) / count);
  }

  /** @param floor what it is compared with */
  print(name: string, floor?: string): void {
    const own = this.#of(name);
    const range = `[${Math.round(Math.min(...own.all))}–${Math.round(Math.max(...own.all))}]`;
    const cpu = `${Math.round(own.clientUs)} + ${Math.round(own.serverUs)} µs`;
    const line = `  ${name.padEnd(30)} ${String(Math.round(own.perSecond)).padStart(7)}/s ${range.padEnd(16)} ${cpu.padEnd(14)}`;
    if (floor === undefined) {
      console.log(line);
      return;
    }
    const bare = this.#of(floor);
    const byCpu = (bare.clientUs + bare.serverUs) / (own.clientUs + own.serverUs);
    console.log(
      `${line} ${(own.perSecond / bare.perSecond).toFixed(2)} ×, by processor time ${byCpu.toFixed(2)} × ${floor}`,
    );
  }

  #of(name: string) {
    const { perSecond, clientUs, serverUs } = this.#figures.get(name) ?? { perSecond: [], clientUs: [], serverUs: [] };
    return {
      ...{ perSecond: median(perSecond), clientUs: median(clientUs), serverUs: median(serverUs) },
      all: perSecond,
    };
  }
}
