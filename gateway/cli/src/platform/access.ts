import { operation, PAGE_INFO, type ChangeAnswer, type Page, type RefusedAnswer } from './operation.js';
import { ACTOR, type Actor } from './values.js';

type Answer<Accepted> = { readonly answer: Accepted | RefusedAnswer };
const REFUSAL = '... on Refusal { code message }';

export const ROLES = ['viewer', 'developer', 'approver', 'admin', 'runner'] as const;
export type Role = (typeof ROLES)[number];

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly createdBy: Actor;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export const TOKENS = operation<
  { readonly tokens: Page<TokenRow> },
  { readonly first: number; readonly after?: string | undefined }
>(`
  query Tokens($first: Int, $after: String) {
    tokens(first: $first, after: $after) {
      nodes { id name role createdAt createdBy { ${ACTOR} } expiresAt revokedAt } ${PAGE_INFO}
    }
  }`);

export const CREATE_TOKEN = operation<
  Answer<ChangeAnswer & { readonly id: string; readonly secret: string | null }>,
  { input: { readonly name: string; readonly role: Role; readonly expiresAt?: string } }
>(`
  mutation CreateToken($input: CreateTokenInput!) {
    answer: createToken(input: $input) { ... on TokenIssued { id secret position visible } ${REFUSAL} }
  }`);

export const REVOKE_TOKEN = operation<
  Answer<ChangeAnswer & { readonly id: string }>,
  { input: { readonly id: string } }
>(`
  mutation RevokeToken($input: RevokeTokenInput!) {
    answer: revokeToken(input: $input) { ... on TokenRevoked { id position visible } ${REFUSAL} }
  }`);

export const VIEWER = operation<
  { readonly viewer: { readonly actor: Actor; readonly role: Role; readonly project: string } },
  Record<string, never>
>(`query Viewer { viewer { actor { ${ACTOR} } role project } }`);
