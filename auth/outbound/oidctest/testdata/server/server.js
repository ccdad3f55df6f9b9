// An authorization server for one test run, on a free port of 127.0.0.1. It prints one
// line of JSON with its address and ends when its standard input closes, so that it
// never outlives the test. /requests tells how many token requests arrived and how
// each was answered: the test holds ferry to sending a wrong secret once. /approve is the
// person who allows a device.
//
// SETUP is a file of JSON: {"keys": {ALG: public key as PEM}} of the clients that sign
// assertions, and {"tls": {key, cert, ca}, "name": DNS name in the client's certificate}
// for a second address with TLS, at which tls_client_auth works.
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import Provider from 'oidc-provider';

const [secret, setupFile] = process.argv.slice(2);
if (!secret) {
  console.error('usage: node server.js CLIENT-SECRET [SETUP]');
  process.exit(2);
}
const setup = setupFile ? JSON.parse(readFileSync(setupFile, 'utf8')) : {};

function key(type, options, alg) {
  const jwk = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
  return { ...jwk, use: 'sig', alg, kid: alg };
}

const resources = {
  'urn:test:jwt': { scope: 'read write', audience: 'urn:test:jwt', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } },
  'urn:test:opaque': { scope: 'read', audience: 'urn:test:opaque', accessTokenFormat: 'opaque' },
};

function client(id, method, more = {}) {
  return {
    client_id: id,
    ...(method.startsWith('client_secret') && { client_secret: secret }),
    token_endpoint_auth_method: method,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: 'read write',
    ...more,
  };
}

const clients = [
  client('by-header', 'client_secret_basic'),
  client('by-body', 'client_secret_post'),
  client('device', 'none', {
    application_type: 'native',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
    scope: 'openid offline_access',
  }),
];
for (const [alg, pem] of Object.entries(setup.keys ?? {})) {
  const jwk = { ...createPublicKey(pem).export({ format: 'jwk' }), use: 'sig', alg, kid: `key-${alg}` };
  clients.push(client(`by-key-${alg}`, 'private_key_jwt', { token_endpoint_auth_signing_alg: alg, jwks: { keys: [jwk] } }));
}
if (setup.tls) clients.push(client('by-tls', 'tls_client_auth', { tls_client_auth_san_dns: setup.name }));

function peerCertificate(ctx) {
  const { raw } = ctx.req.socket.getPeerCertificate?.() ?? {};
  return raw && new X509Certificate(raw);
}

const signing = { keys: [key('ec', { namedCurve: 'P-256' }, 'ES256'), key('rsa', { modulusLength: 2048 }, 'RS256')] };

function newProvider(issuer) {
  return new Provider(issuer, {
    clients,
    scopes: ['openid', 'offline_access', 'read', 'write', 'admin'], // no client may ask for admin
    jwks: signing,
    ttl: { ClientCredentials: 120, DeviceCode: 60, AccessToken: 120, RefreshToken: 600, Grant: 600, IdToken: 120 },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'none'],
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        getCertificate: peerCertificate,
        certificateAuthorized: (ctx) => ctx.req.socket.authorized === true,
        certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_san_dns'
          && peerCertificate(ctx)?.subjectAltName === `DNS:${expected}`,
      },
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
}

// approve is what a person does in a browser: the account alice allows the device.
async function approve(provider, userCode) {
  const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''));
  if (!code) return false;
  const grant = new provider.Grant({ accountId: 'alice', clientId: code.clientId });
  grant.addOIDCScope('openid offline_access');
  Object.assign(code, { accountId: 'alice', grantId: await grant.save(), authTime: Math.floor(Date.now() / 1000), scope: 'openid offline_access' });
  await code.save();
  return true;
}

const requests = [];

function serve(server, provider) {
  const answer = provider.callback();
  server.on('request', (req, res) => {
    const url = new URL(req.url, provider.issuer);
    if (url.pathname === '/requests') {
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify(requests));
      return;
    }
    if (url.pathname === '/approve') {
      approve(provider, url.searchParams.get('user_code') ?? '').then(
        (done) => { res.statusCode = done ? 200 : 404; res.end(); },
        (err) => { res.statusCode = 500; res.end(String(err)); },
      );
      return;
    }
    if (req.method === 'POST' && url.pathname === '/token') {
      const seen = { header: 'authorization' in req.headers, status: 0 };
      requests.push(seen);
      res.on('finish', () => { seen.status = res.statusCode; });
    }
    answer(req, res);
  });
}

function listen(server, scheme) {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const issuer = `${scheme}://127.0.0.1:${server.address().port}`;
      serve(server, newProvider(issuer));
      done(issuer);
    });
  });
}

const issuer = await listen(createServer(), 'http');
const secure = setup.tls && await listen(createTLSServer({ ...setup.tls, requestCert: true, rejectUnauthorized: false }), 'https');
console.log(JSON.stringify({ issuer, secure }));

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
