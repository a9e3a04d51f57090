namespace Tenants.Engine.Queries.Text;

/// <summary>What can be told of a statement from its text; the server has the last word.</summary>
internal static class StatementTraits
{
    /// <summary>True if the statement may only read: it is tried in a read-only transaction, and the server objects if it writes.</summary>
    public static bool MayBeRead(SqlStatement statement)
    {
        var first = FirstWord(statement);
        return statement.HasWord(first, "SELECT", "VALUES", "TABLE", "SHOW", "EXPLAIN")
            || (statement.HasWord(first, "WITH") && !statement.HasWordAnywhere("INSERT", "UPDATE", "DELETE", "MERGE"));
    }

    /// <summary>True if the statement may return rows.</summary>
    public static bool MayReturnRows(SqlStatement statement)
    {
        var first = FirstWord(statement);
        return statement.HasWord(first, "SELECT", "VALUES", "TABLE", "SHOW", "EXPLAIN", "WITH", "EXECUTE", "CALL", "FETCH")
            || (statement.HasWord(first, "INSERT", "UPDATE", "DELETE", "MERGE") && statement.HasWordAnywhere("RETURNING"));
    }

    /// <summary>True if the statement changes rows or objects, as far as its first word tells.</summary>
    public static bool Writes(SqlStatement statement) =>
        !MayBeRead(statement) && !statement.HasWord(0, "SET", "RESET", "FETCH", "MOVE", "CLOSE", "DECLARE", "LISTEN", "UNLISTEN", "DISCARD", "DEALLOCATE");

    /// <summary>True if <c>$1</c> in the statement belongs to what it defines, not to the caller.</summary>
    public static bool HasParametersOfItsOwn(SqlStatement statement) =>
        (statement.HasWord(0, "CREATE") && (statement.HasWord(1, "FUNCTION", "PROCEDURE") || (statement.HasWord(1, "OR") && statement.HasWord(3, "FUNCTION", "PROCEDURE"))))
        || statement.HasWord(0, "PREPARE");

    /// <summary>
    /// True if the statement calls a function that is none of the common ones: it might write, and only when some rows are
    /// out already. What is named here reads.
    /// </summary>
    public static bool CallsUnknownFunction(SqlStatement statement)
    {
        for (var i = 1; i < statement.Tokens.Count; i++)
        {
            var name = statement.Tokens[i - 1];
            if (statement.Tokens[i].IsPunctuation(statement.Script, '(')
                && name.Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName
                && !HarmlessNames.Contains(name.In(statement.Script).ToString()))
            {
                return true;
            }
        }

        return false;
    }

    private static int FirstWord(SqlStatement statement)
    {
        var first = 0;
        while (first < statement.Tokens.Count && statement.Tokens[first].IsPunctuation(statement.Script, '('))
        {
            first++;
        }

        return first;
    }
}
