using System.Globalization;
using System.Text;

namespace Tenants.Engine.Measuring;

/// <summary>A plan for people: a node on each line, with what it searched by, what it threw away, and what it cost.</summary>
internal static class PlanText
{
    private static readonly string[] s_details =
        ["Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "TID Cond"];

    /// <summary>Writes it.</summary>
    public static string Write(PlanNode root)
    {
        var text = new StringBuilder();
        Write(text, root, 0);
        return text.ToString().TrimEnd('\n');
    }

    private static void Write(StringBuilder text, PlanNode node, int depth)
    {
        var indent = new string(' ', 2 * depth);
        var subplan = node.Subplan is { } name ? name + ": " : "";
        var index = node.Index is { } used ? $" using {used}" : "";
        var table = node.Table is { } read ? $" on {read}{(node.Alias is { } alias && alias != read ? " " + alias : "")}" : "";
        var time = node.Milliseconds is { } took ? string.Create(CultureInfo.InvariantCulture, $", {took:0.###} ms") : "";
        text.Append(CultureInfo.InvariantCulture, $"{indent}{subplan}{node.Type}{index}{table}  ({node.Rows:0} rows{time})\n");
        foreach (var detail in s_details)
        {
            if (node.Text(detail) is { } condition)
            {
                text.Append(CultureInfo.InvariantCulture, $"{indent}    {detail}: {condition}\n");
            }
        }

        if (node.Removed > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{indent}    Rows thrown away: {node.Removed:0}\n");
        }

        foreach (var child in node.Children)
        {
            Write(text, child, depth + 1);
        }
    }
}
