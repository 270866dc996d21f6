/** A datastore or an API server that the environment names. */
export interface ConfiguredServer {
  /** Who says so: `FELIX_ETCDENDPOINTS`. */
  readonly setting: string;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The settings of Felix and of Calico's clients that hold lists of URLs, and the port where a URL names none. */
const URL_SETTINGS = [
  { name: 'FELIX_ETCDENDPOINTS', port: 2379 },
  { name: 'ETCD_ENDPOINTS', port: 2379 },
  { name: 'FELIX_ETCDADDR', port: 2379 },
  { name: 'ETCD_AUTHORITY', port: 2379 },
  { name: 'K8S_API_ENDPOINT', port: 443 },
] as const;

/**
 * The datastores and API servers that the environment configures, and what is wrong with settings that name none. `asked` are those of the command
 * line, HOST:PORT.
 */
export function findDatastores(
  environment: ReadonlyMap<string, string>,
  asked: readonly string[],
): { readonly servers: readonly ConfiguredServer[]; readonly problems: readonly string[] } {
  const servers: ConfiguredServer[] = [];
  const problems: string[] = [];
  const add = (setting: string, text: string, port: number | undefined): void => {
    const server = parseServer(text, port);
    if (server === undefined) problems.push(`${setting}: \`${text}\` is not HOST:PORT or a URL`);
    else servers.push({ setting, ...server });
  };
  for (const text of asked) add('--datastore', text, undefined);
  for (const { name, port } of URL_SETTINGS) {
    for (const text of (environment.get(name) ?? '').split(',')) {
      if (text.trim() !== '') add(name, text.trim(), port);
    }
  }
  const kubernetes = environment.get('KUBERNETES_SERVICE_HOST');
  if (kubernetes !== undefined && kubernetes !== '') {
    const port = environment.get('KUBERNETES_SERVICE_PORT') ?? '443';
    add(
      'KUBERNETES_SERVICE_HOST',
      kubernetes.includes(':') ? `[${kubernetes}]:${port}` : `${kubernetes}:${port}`,
      443,
    );
  }
  return { servers, problems };
}

const SERVER =
  /^(?:(?<scheme>https?):\/\/)?(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?(?:\/.*)?$/;

function parseServer(
  text: string,
  usual: number | undefined,
): { readonly host: string; readonly port: number } | undefined {
  const found = SERVER.exec(text)?.groups;
  const host = found?.v6 ?? found?.name;
  const port = found?.port === undefined ? usual : Number(found.port);
  if (host === undefined || port === undefined || port < 1 || port > 65535) return undefined;
  return { host, port };
}
