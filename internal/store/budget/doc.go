// Package budgetstore keeps the book of budgets in step with what outlives and surrounds this process: the ledger, which
// knows what was spent before, and a Redis or Valkey, by which replicas share limits.
//
//	one process   ledger ─▶ Keeper ─▶ book                 once, at the start
//	replicas      Redis ◀─ claims ─ Keeper ─ grants ─▶ book   ahead of need, and every second
//
// Nothing here is on a request's way: admission looks at the book only.
package budgetstore
