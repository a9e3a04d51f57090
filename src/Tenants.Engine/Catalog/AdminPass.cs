using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>The condition that holds for an admin who is himself there, with no tenant's context.</summary>
internal static class AdminPass
{
    /// <summary>It as SQL.</summary>
    public static string Text(Installation installation) =>
        $"(select pg_catalog.pg_has_role(session_user, {Quote.Literal(installation.AdminRole)}, 'member') and coalesce(pg_catalog.current_setting('tenants.context', true), '') = '')";
}
