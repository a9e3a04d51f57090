using System.Data.Common;

namespace Tenants.Engine.Audit;

/// <summary>The base of all rules: reads each row of the answer, then judges them together.</summary>
/// <typeparam name="TRow">What a row of the answer holds.</typeparam>
internal abstract class TableRule<TRow> : ITableRule
{
    /// <inheritdoc/>
    public abstract string Sql { get; }

    /// <inheritdoc/>
    public async Task<IEnumerable<string>> JudgeAsync(AuditedTable table, DbDataReader answer, CancellationToken cancellationToken)
    {
        var rows = new List<TRow>();
        while (await answer.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(Read(answer));
        }

        return rows.Count == 0 ? [] : Judge(table, rows);
    }

    /// <summary>Reads the row at hand.</summary>
    protected abstract TRow Read(DbDataReader row);

    /// <summary>What the rows mean; there is one at least.</summary>
    protected abstract IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<TRow> rows);
}
