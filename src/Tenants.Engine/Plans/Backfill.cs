namespace Tenants.Engine.Plans;

/// <summary>
/// What a step fills in where the table is in use: the same rows as by its statement, a portion at a time. A run of the plan does
/// it so; a migration file, which can hold no loop that commits, has the one statement.
/// </summary>
/// <param name="Oid">The table, partition or child whose own rows are filled in.</param>
/// <param name="QuotedTable">The table as SQL names it.</param>
/// <param name="QuotedColumn">The tenant column as SQL names it.</param>
/// <param name="Value">The tenant: an SQL expression over a row that is named <c>t</c>.</param>
public sealed record Backfill(uint Oid, string QuotedTable, string QuotedColumn, string Value);
