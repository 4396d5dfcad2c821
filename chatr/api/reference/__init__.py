"""The contract as OpenAPI, WAMP reference, TypeScript types and a page: pure functions."""
