using Tenants.Engine.Isolation;
using Tenants.Engine.Migrations;
using Tenants.Engine.Plans;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

public class RunTimeRolesTests
{
    private static readonly Installation s_installation = new("tenants", 2, TenantIdType.Text, "tenants_owner_d", "tenants_admin_d", "tenants_session_d");

    [Fact]
    public void A_statement_that_names_no_role_of_the_module_stays_as_it_is()
    {
        const string Sql = "comment on table \"tenants_admin_d2\" is 'to tenants_admin_d, 100%' -- \"tenants_admin_d\"";
        Assert.Equal(Sql, RunTimeRoles.Of(s_installation, Sql));
    }

    [Fact]
    public void Names_and_strings_of_a_role_are_filled_in_and_all_else_is_kept()
    {
        var sql = RunTimeRoles.Execute(s_installation, "create policy p on t to \"tenants_admin_d\" using (x like '5%' and pg_has_role('tenants_admin_d', 'member'))");
        Assert.Equal("execute pg_catalog.format($tenants$\ncreate policy p on t to %I using (x like '5%%' and pg_has_role(%L, 'member'))\n$tenants$, admin_role, admin_role);", sql);
    }

    // A migration names the roles of a database that it meets later by the rule of the module.
    [Fact]
    public async Task The_server_names_roles_as_the_module_does()
    {
        await using var database = await TestDatabase.CreateAsync();
        string[] names = ["shop", "Shöp \"x\"", new string('a', 49), new string('a', 50), new string('b', 63), string.Concat(Enumerable.Repeat("ü", 31)), string.Concat(Enumerable.Repeat("😀", 15)) + "abc"];
        foreach (var name in names)
        {
            foreach (var prefix in new[] { "tenants_owner_", "tenants_admin_", "tenants_session_" })
            {
                var named = await database.ScalarAsync<string>($"select {InitializeUnit.NameOf(prefix)} from (select $1::text) of_database(suffix)", name);
                Assert.Equal(RoleName.Of(prefix, name), named);
            }
        }
    }
}
