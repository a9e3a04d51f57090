using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Plans;

/// <summary>
/// The mark that stands for the condition which lets an admin pass: that names a role of the one database, and the same
/// declaration serves many.
/// </summary>
internal static class AdminMark
{
    /// <summary>It as people write it in an expression.</summary>
    public const string Text = "{tenants_admin}";

    /// <summary>A policy with the condition of a database in place of the mark.</summary>
    public static PolicyRequest Fill(PolicyRequest request, Installation installation)
    {
        string? Fill(string? expression) => expression?.Replace(Text, AdminPass.Text(installation), StringComparison.Ordinal);
        return request with { Using = Fill(request.Using), Check = Fill(request.Check) };
    }

    /// <summary>An expression as PostgreSQL writes it, with the mark in place of the condition.</summary>
    public static string? Take(string? expression, Installation installation) =>
        expression?.Replace(PolicyText.AdminDeparsed(installation), Text, StringComparison.Ordinal);
}
