// A package registry on this machine, for tests that install as a user does: it serves what `npm install` of this clone has
// put into node_modules and nothing else, so that nothing is fetched from anywhere. What is not there (the binaries of
// other systems) is answered as npm's own answers: not found.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** A version that is installed, and where. */
interface Installed {
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface Registry {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts it. Must be closed. */
export async function startRegistry(): Promise<Registry> {
  const packages = installedPackages();
  const server = createServer((request, response) => answer({ packages, request, response, server }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: urlOf(server), close };
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** By name, then by version. */
type Packages = ReadonlyMap<string, ReadonlyMap<string, Installed>>;

function installedPackages(): Packages {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>;
  };
  const packages = new Map<string, Map<string, Installed>>();
  for (const path of Object.keys(lock.packages).filter((one) => one.includes('node_modules/'))) {
    const file = join(ROOT, path, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    const versions = packages.get(manifest.name) ?? new Map<string, Installed>();
    packages.set(manifest.name, versions.set(manifest.version, { folder: join(ROOT, path), manifest }));
  }
  return packages;
}

interface Exchange {
  readonly packages: Packages;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

/** `/name` is what there is of a package; `/name/-/1.2.3.tgz` one version of it. */
function answer({ packages, request, response, server }: Exchange): void {
  const path = decodeURIComponent(request.url ?? '').slice(1);
  const [name = '', file] = path.split('/-/');
  const versions = packages.get(name);
  const asked = file === undefined ? undefined : versions?.get(file.replace(/\.tgz$/, ''));
  if (asked !== undefined) {
    sendTarball(asked, response);
    return;
  }
  const found = versions !== undefined && file === undefined;
  response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ? packument(name, [...versions.values()], urlOf(server)) : { error: 'not found' }));
}

function packument(name: string, versions: readonly Installed[], url: string) {
  const dist = ({ version }: Manifest) => ({ tarball: `${url}${name}/-/${version}.tgz` });
  const entries = versions.map(({ manifest }) => [manifest.version, { ...manifest, dist: dist(manifest) }] as const);
  return { name, 'dist-tags': { latest: entries.at(0)?.[0] }, versions: Object.fromEntries(entries) };
}

function sendTarball({ folder }: Installed, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  const options = ['--exclude=./node_modules', '--transform=s,^\\.,package,', '--use-compress-program=gzip -1'];
  const tar = spawn('tar', ['-c', ...options, '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  tar.stdout.pipe(response);
}
