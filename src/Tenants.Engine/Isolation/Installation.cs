using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation;

/// <summary>What lies in a database that was initialised: the module's schema, its stamp and its three roles.</summary>
/// <param name="Schema">The schema, <c>tenants</c> unless that name was taken.</param>
/// <param name="Version">The stamp: the version of what lies in the database.</param>
/// <param name="TenantType">The type of tenant identifiers.</param>
/// <param name="OwnerRole">Owns the schema, and nothing else. NOLOGIN.</param>
/// <param name="AdminRole">Its members see all tenants' rows. NOLOGIN.</param>
/// <param name="SessionRole">Holds the rights of tenant SQL on tables. NOLOGIN.</param>
public sealed record Installation(string Schema, int Version, TenantIdType TenantType, string OwnerRole, string AdminRole, string SessionRole)
{
    /// <summary>The version that this module makes and needs.</summary>
    public const int CurrentVersion = 2;

    /// <summary>The schema's name, quoted.</summary>
    internal string QuotedSchema => Quote.Identifier(Schema);

    /// <summary>The type of tenant identifiers as SQL names it.</summary>
    internal string SqlType => SqlTypeOf(TenantType);

    /// <summary>The call that tells whose session it is.</summary>
    internal string CurrentTenantCall => $"{QuotedSchema}.current_tenant()";

    internal static string SqlTypeOf(TenantIdType type) => type switch
    {
        TenantIdType.Integer => "integer",
        TenantIdType.Bigint => "bigint",
        TenantIdType.Uuid => "uuid",
        _ => "text",
    };
}
