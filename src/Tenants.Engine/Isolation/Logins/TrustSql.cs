using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>The SQL of the trust check. It asks about its own session's login; or about another, for an admin who is about to make or take it over.</summary>
internal static class TrustSql
{
    private const string Self = "session_user";

    // What the server answers about whoever asks, unless told of whom.
    private const string OwnUse = "pg_has_role(s.oid, 'usage')";

    /// <summary>Reads a file.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="login">The login to ask about; null for the session's own.</param>
    public static string Read(string file, Installation installation, string? login)
    {
        var sql = SqlResource.Read(file, new Dictionary<string, string> { ["schema"] = installation.QuotedSchema });
        if (login is null)
        {
            return sql;
        }

        var name = $"{Quote.Literal(login)}::name";
        return sql.Replace(Self, name, StringComparison.Ordinal).Replace(OwnUse, $"pg_has_role({name}, s.oid, 'usage')", StringComparison.Ordinal);
    }
}
