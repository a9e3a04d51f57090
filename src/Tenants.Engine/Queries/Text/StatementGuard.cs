namespace Tenants.Engine.Queries.Text;

/// <summary>
/// Refuses what would take a statement out of the transaction, the role or the protocol that the module put it into.
/// It stops mistakes; what is hidden in a function or built at run time is stopped by the server and by sealed logins.
/// </summary>
internal static class StatementGuard
{
    /// <summary>Checks one statement.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="asTenant">True if it runs as a tenant; an admin may change roles.</param>
    /// <exception cref="TenantException"><c>TransactionControlRefused</c>, <c>RoleChangeRefused</c>, <c>OwnedObjectsRefused</c>, <c>CopyNotSupported</c>.</exception>
    public static void Check(SqlStatement statement, bool asTenant)
    {
        if (IsTransactionControl(statement))
        {
            throw Refuse(
                statement,
                "TransactionControlRefused",
                "each call is a transaction of its own, begun and ended by the module. "
                + "For one that spans calls use New-TenantSession, Start-TenantTransaction (which takes the isolation level), and Complete- or Undo-TenantTransaction; nested ones are savepoints");
        }

        if (asTenant && IsRoleChange(statement))
        {
            throw Refuse(
                statement,
                "RoleChangeRefused",
                "a tenant's statements run as the role that has only a tenant's rights. For another tenant use -Tenant; for all rows use -AsAdmin");
        }

        if (asTenant && statement.HasWord(0, "DROP", "REASSIGN") && statement.HasWord(1, "OWNED"))
        {
            throw Refuse(
                statement,
                "OwnedObjectsRefused",
                "all tenants' statements run as one role, and it would lose its rights on every table. An admin changes rights: Disable-TenantRls, Revoke-TenantTable");
        }

        if (statement.HasWord(0, "COPY") && CopiesToClient(statement))
        {
            throw Refuse(
                statement,
                "CopyNotSupported",
                "COPY to and from the client is not run here. Read rows with a SELECT; write many at once with INSERT … SELECT from unnest(@column), giving arrays as parameters");
        }
    }

    private static TenantException Refuse(SqlStatement statement, string errorId, string reason)
    {
        var first = statement.Tokens[0];
        var shown = string.Join(' ', statement.Tokens.TakeWhile(t => t.Kind == SqlTokenKind.Word).Take(3).Select(t => t.In(statement.Script).ToString().ToUpperInvariant()));
        return new TenantException(
            errorId, TenantErrorKind.InvalidArgument, $"Line {ScriptPosition.LineOf(statement.Script, first.Start)}: {shown} is refused: {reason}.");
    }

    /// <summary>True if the statement begins or ends a transaction, or a part of one.</summary>
    public static bool IsTransactionControl(SqlStatement s) =>
        s.HasWord(0, "BEGIN", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE")
        || (s.HasWord(0, "START", "PREPARE") && s.HasWord(1, "TRANSACTION"))
        || (s.HasWord(0, "SET") && s.HasWord(1, "TRANSACTION"))
        || (s.HasWord(0, "SET") && s.HasWord(1, "LOCAL", "SESSION") && s.HasWord(2, "TRANSACTION", "CHARACTERISTICS"));

    private static bool IsRoleChange(SqlStatement s)
    {
        if (s.HasWord(0, "RESET"))
        {
            return IsRole(s, 1) || (s.HasWord(1, "SESSION") && s.HasWord(2, "AUTHORIZATION"));
        }

        if (!s.HasWord(0, "SET"))
        {
            return false;
        }

        var name = s.HasWord(1, "LOCAL", "SESSION") && !s.HasWord(2, "AUTHORIZATION") ? 2 : 1;
        return IsRole(s, name) || (s.HasWord(name, "SESSION") && s.HasWord(name + 1, "AUTHORIZATION"));
    }

    private static bool IsRole(SqlStatement s, int index) =>
        index < s.Tokens.Count && s.Tokens[index].In(s.Script).Trim('"') is var name
        && (name.Equals("role", StringComparison.OrdinalIgnoreCase) || name.Equals("session_authorization", StringComparison.OrdinalIgnoreCase));

    /// <summary>True if the COPY reads its rows from the client, or gives them to it.</summary>
    public static bool CopiesToClient(SqlStatement s)
    {
        for (var i = 1; i + 1 < s.Tokens.Count; i++)
        {
            if ((s.HasWord(i, "FROM") && s.HasWord(i + 1, "STDIN", "STDOUT")) || (s.HasWord(i, "TO") && s.HasWord(i + 1, "STDOUT", "STDIN")))
            {
                return true;
            }
        }

        return false;
    }
}
