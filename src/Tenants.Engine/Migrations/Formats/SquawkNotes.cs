using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>What the linter squawk would object to, answered at that line.</summary>
internal static partial class SquawkNotes
{
    /// <summary>The comment lines that go before a statement.</summary>
    public static string For(string sql) => "";
}
