// An OAuth 2.0 client that knows nothing of ferry: oauth4webapi, which holds answers to
// the RFCs, gets a token, calls an API with it, has it introspected and revokes it; jose
// verifies it from the published keys alone. Argument: issuer, client id, audience, URL
// of an API. The secret is the first line of standard input. One JSON object on standard
// output says what came; anything that a check refused ends it with a stack.
import { createInterface } from 'node:readline'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'

const [issuerText, clientId, audience, api] = process.argv.slice(2)
const secret = (await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value
const loopback = { [oauth.allowInsecureRequests]: true, signal: () => AbortSignal.timeout(10_000) }

const issuer = new URL(issuerText)
const server = {}
for (const algorithm of ['oauth2', 'oidc']) {
  const answer = await oauth.discoveryRequest(issuer, { ...loopback, algorithm })
  server[algorithm] = await oauth.processDiscoveryResponse(issuer, answer)
}
const as = server.oauth2
const client = { client_id: clientId }
const report = { as, ways: {} }

const ways = { basic: oauth.ClientSecretBasic(secret), post: oauth.ClientSecretPost(secret) }
for (const [name, how] of Object.entries(ways)) {
  const answer = await oauth.clientCredentialsGrantRequest(as, client, how, {}, loopback)
  const cacheControl = answer.headers.get('cache-control')
  const token = await oauth.processClientCredentialsResponse(as, client, answer)

  const keys = createRemoteJWKSet(new URL(as.jwks_uri))
  const { payload, protectedHeader } = await jwtVerify(token.access_token, keys, {
    issuer: as.issuer, audience, typ: 'at+jwt', requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti', 'scope', 'space'],
  })
  const presented = new Request(api, { headers: { authorization: `Bearer ${token.access_token}` } })
  const claims = await oauth.validateJwtAccessToken(as, presented, audience, loopback)

  const call = await oauth.protectedResourceRequest(token.access_token, 'GET', new URL(api), undefined, undefined, loopback)
  const body = await call.json()

  const introspect = async () => oauth.processIntrospectionResponse(
    as, client, await oauth.introspectionRequest(as, client, how, token.access_token, loopback))
  const live = await introspect()
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, how, token.access_token, loopback))
  const dead = await introspect()
  let after = 0
  let challenge = ''
  try {
    after = (await oauth.protectedResourceRequest(token.access_token, 'GET', new URL(api), undefined, undefined, loopback)).status
  } catch (err) { // oauth4webapi throws for a WWW-Authenticate challenge
    after = err.status
    challenge = err.cause?.[0]?.parameters?.error ?? ''
  }
  report.ways[name] = {
    cacheControl, expiresIn: token.expires_in, tokenType: token.token_type, scope: token.scope, refresh: 'refresh_token' in token,
    header: protectedHeader, payload, subject: claims.sub, call: call.status, items: body.items?.length,
    live: live.active, dead: dead.active, after, challenge,
  }
}

const refused = await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretBasic(secret + 'x'), {}, loopback)
report.refused = { status: refused.status }
try {
  await oauth.processClientCredentialsResponse(as, client, refused)
} catch (err) {
  report.refused.error = err.error ?? err.cause?.[0]?.scheme ?? err.constructor.name
}
console.log(JSON.stringify(report))
