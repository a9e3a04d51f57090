using Tenants.Engine.Plans;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>Items that belong to accounts, whose tenants they become.</summary>
internal static class AccountItems
{
    /// <summary>Thirty accounts of three tenants.</summary>
    public const string Accounts = """
        create table account (id int primary key, tenant text);
        insert into account select i, 't' || i % 3 from generate_series(1, 30) i;

        """;

    /// <summary>An item's tenant: its account's.</summary>
    public const string Derive = "select a.tenant from account a where a.id = t.account_id";

    /// <summary>What derives it.</summary>
    public static EnableRequest DeriveRequest { get; } = new() { Backfill = Derive };
}
