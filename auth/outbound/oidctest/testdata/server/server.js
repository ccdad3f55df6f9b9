// An authorization server for one test run, on a free port of 127.0.0.1. It prints one
// line of JSON with its address and ends when its standard input closes, so that it
// never outlives the test. /requests tells how many token requests arrived and how
// each was answered: the test holds ferry to sending a wrong secret once.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const secret = process.argv[2];
if (!secret) {
  console.error('usage: node server.js CLIENT-SECRET');
  process.exit(2);
}

function key(type, options, alg) {
  const jwk = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
  return { ...jwk, use: 'sig', alg, kid: alg };
}

const resources = {
  'urn:test:jwt': { scope: 'read write', audience: 'urn:test:jwt', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
  'urn:test:opaque': { scope: 'read', audience: 'urn:test:opaque', accessTokenFormat: 'opaque' },
};

function client(id, method) {
  return {
    client_id: id,
    client_secret: secret,
    token_endpoint_auth_method: method,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: 'read write',
  };
}

const requests = [];
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client('by-header', 'client_secret_basic'), client('by-body', 'client_secret_post')],
    scopes: ['read', 'write', 'admin'], // no client may ask for admin
    jwks: { keys: [key('ec', { namedCurve: 'P-256' }, 'ES256'), key('rsa', { modulusLength: 2048 }, 'RS256')] },
    ttl: { ClientCredentials: 120 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        getResourceServerInfo: (ctx, indicator) => {
          if (!resources[indicator]) throw new Provider.errors.InvalidTarget();
          return resources[indicator];
        },
      },
    },
  });
  const answer = provider.callback();
  server.on('request', (req, res) => {
    if (req.url === '/requests') {
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(requests));
      return;
    }
    if (req.method === 'POST' && req.url === '/token') {
      const seen = { header: 'authorization' in req.headers, status: 0 };
      requests.push(seen);
      res.on('finish', () => { seen.status = res.statusCode; });
    }
    answer(req, res);
  });
  console.log(JSON.stringify({ issuer }));
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
