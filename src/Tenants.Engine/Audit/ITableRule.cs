using System.Data.Common;

namespace Tenants.Engine.Audit;

/// <summary>One thing that makes a tenant table less tight than it looks: a question to the catalog, and what the answer means.</summary>
internal interface ITableRule
{
    /// <summary>
    /// The question: <c>$1</c> is the table's OID, <c>$2</c> the tenant column's name, <c>$3</c> the OIDs of the roles of tenants'
    /// SQL, <c>$4</c> the admin role's name.
    /// </summary>
    string Sql { get; }

    /// <summary>Reads the answer to its end.</summary>
    /// <returns>Warnings, each with the mend; none where all is well.</returns>
    Task<IEnumerable<string>> JudgeAsync(AuditedTable table, DbDataReader answer, CancellationToken cancellationToken);
}
