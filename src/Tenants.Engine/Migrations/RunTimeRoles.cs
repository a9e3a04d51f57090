using System.Text;
using Tenants.Engine.Isolation;
using Tenants.Engine.Queries.Text;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Migrations;

/// <summary>
/// The module's roles are the cluster's, and their names carry the database's: a migration that was written against one database runs
/// on another. So a statement that names such a role is executed with the names that hold where it runs.
/// </summary>
internal static class RunTimeRoles
{
    /// <summary>The statement; where it names a role of the module, a block that reads the names from the module's settings.</summary>
    public static string Of(Installation installation, string sql)
    {
        var (template, arguments) = Template(installation, sql);
        if (arguments.Count == 0)
        {
            return sql;
        }

        return $"do {Quote.Dollar($"""
            begin
                execute (
                    select pg_catalog.format({Quote.Dollar(template)}, {string.Join(", ", arguments.Select(a => "named." + a))})
                    from (select {string.Join(", ", arguments.Distinct().Select(Read))} from {installation.QuotedSchema}.setting) named);
            end
            """)}";
    }

    /// <summary>The statement as plpgsql executes it where variables hold the names: <c>owner_role</c>, <c>admin_role</c>, <c>session_role</c>.</summary>
    public static string Execute(Installation installation, string sql)
    {
        var (template, arguments) = Template(installation, sql);
        return arguments.Count == 0
            ? $"execute {Quote.Dollar(sql)};"
            : $"execute pg_catalog.format({Quote.Dollar(template)}, {string.Join(", ", arguments)});";
    }

    private static string Read(string setting) => $"pg_catalog.max(value) filter (where name = '{setting}') as {setting}";

    // By tokens, so that a name in a comment, in a longer name or in another string stays what it is.
    private static (string Template, List<string> Arguments) Template(Installation installation, string sql)
    {
        var names = new Dictionary<string, (string Setting, string Placeholder)>(StringComparer.Ordinal);
        foreach (var (role, setting) in new[] { (installation.OwnerRole, "owner_role"), (installation.AdminRole, "admin_role"), (installation.SessionRole, "session_role") })
        {
            names[Quote.Identifier(role)] = (setting, "%I");
            names[Quote.Literal(role)] = (setting, "%L");
        }

        var template = new StringBuilder();
        var arguments = new List<string>();
        var at = 0;
        foreach (var token in SqlLexer.Tokenize(sql))
        {
            if (names.TryGetValue(sql[token.Start..token.End], out var found))
            {
                template.Append(Escape(sql[at..token.Start])).Append(found.Placeholder);
                arguments.Add(found.Setting);
                at = token.End;
            }
        }

        return (template.Append(Escape(sql[at..])).ToString(), arguments);
    }

    private static string Escape(string text) => text.Replace("%", "%%", StringComparison.Ordinal);
}
