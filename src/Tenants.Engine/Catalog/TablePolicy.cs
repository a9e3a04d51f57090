namespace Tenants.Engine.Catalog;

/// <summary>A policy as the catalog has it, its expressions as PostgreSQL writes them under the path <c>pg_catalog, pg_temp</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsPermissive">Permissive, not restrictive.</param>
/// <param name="Command"><c>*</c> for all commands.</param>
/// <param name="Roles">The roles that it holds for; an empty name for PUBLIC.</param>
/// <param name="Using">Which rows may be seen.</param>
/// <param name="Check">Which rows may be written; null where USING holds for that.</param>
internal sealed record TablePolicy(string Name, bool IsPermissive, char Command, string[] Roles, string? Using, string? Check)
{
    /// <summary>Whether it says exactly this, for all commands.</summary>
    public bool Is(string role, string expression) =>
        IsPermissive && Command == '*' && Roles is [var only] && only == role && Using == expression && (Check ?? Using) == expression;

    /// <summary>It takes no row away where the condition holds: it is permissive, or passes whatever fulfils that.</summary>
    /// <param name="condition">The condition, as PostgreSQL writes it.</param>
    public bool LetsPass(string condition) => IsPermissive || ((string?[])[Using, Check]).OfType<string>().All(e => Deparsed.Allows(e, condition));

    /// <summary>It is one of the two that the module makes.</summary>
    public bool IsOwn => Name is TenantTables.IsolationPolicy or TenantTables.AdminPolicy;
}
