using Tenants.Engine.Connections;
using Tenants.Engine.Scripts;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>
/// A superuser tests a script as a login that is hostile: what that login has laid out to be found in place of what the module means
/// runs with the login's rights, or not at all. Sequences tell, for no rollback takes their values back.
/// </summary>
public sealed class ScriptTesterTests
{
    // Called by whoever looks names up by a path that the enemy chose. A sequence's value stays.
    private const string Traps = """
        create sequence evil.sprung;
        create function evil.spring() returns void language plpgsql as $$
            begin
                if (select r.rolsuper from pg_catalog.pg_roles r where r.rolname operator(pg_catalog.=) current_user) or current_user operator(pg_catalog.<>) 'ENEMY' then
                    perform pg_catalog.nextval('evil.sprung');
                end if;
            end $$;
        create function evil.same(name, name) returns boolean language plpgsql as $$ begin perform evil.spring(); return $1 operator(pg_catalog.=) $2; end $$;
        create function evil.same(text, text) returns boolean language plpgsql as $$ begin perform evil.spring(); return $1 operator(pg_catalog.=) $2; end $$;
        create function evil.same(oid, oid) returns boolean language plpgsql as $$ begin perform evil.spring(); return $1 operator(pg_catalog.=) $2; end $$;
        create function evil.more(bigint, bigint) returns bigint language plpgsql as $$ begin perform evil.spring(); return $1 operator(pg_catalog.-) $2; end $$;
        create function evil.above(bigint, integer) returns boolean language plpgsql as $$ begin perform evil.spring(); return $1 operator(pg_catalog.>) $2; end $$;
        create operator evil.= (function = evil.same, leftarg = name, rightarg = name);
        create operator evil.= (function = evil.same, leftarg = text, rightarg = text);
        create operator evil.= (function = evil.same, leftarg = oid, rightarg = oid);
        create operator evil.+ (function = evil.more, leftarg = bigint, rightarg = bigint);
        create operator evil.> (function = evil.above, leftarg = bigint, rightarg = integer);
        create function evil.pg_has_role(name, oid, text) returns boolean language plpgsql as $$ begin perform evil.spring(); return true; end $$;
        create function evil.count(bigint) returns bigint language plpgsql as $$ begin perform evil.spring(); return 0; end $$;
        create table evil.pg_class (oid oid);
        grant usage on schema evil to public;
        grant all on all tables in schema evil to public;
        grant usage on sequence evil.sprung to public;
        create table evil.item (id int);
        insert into evil.item values (1), (2);
        alter table evil.item enable row level security;
        alter table evil.item force row level security;
        create function evil.on_write() returns trigger language plpgsql as $$ begin perform evil.spring(); return new; end $$;
        create trigger on_write before update on evil.item for each row execute function evil.on_write();
        """;

    [Theory]
    [InlineData("update evil.item set id = id + 1; select count(*) from evil.item")]
    [InlineData("set search_path = evil, pg_catalog; update item set id = id; select count(*) from item")]
    [InlineData("reset role; reset session authorization; update evil.item set id = id")]
    [InlineData("set session authorization default; set role none; select evil.spring()")]
    public async Task What_it_has_laid_out_never_runs_as_the_superuser(string script)
    {
        await using var test = await TestDatabase.CreateAsync();
        var (enemy, connectionString) = await test.CreateLoginAsync("enemy");
        await TestDatabase.ExecuteAsync(test.Superuser, $"create schema evil authorization {enemy}");
        await using (var source = Npgsql.NpgsqlDataSource.Create(connectionString))
        {
            await TestDatabase.ExecuteAsync(source, Traps.Replace("ENEMY", enemy, StringComparison.Ordinal));
            await TestDatabase.ExecuteAsync(source, $"alter role {enemy} set search_path = evil, pg_catalog");
        }

        var superuser = await TenantDatabase.OpenAsync(new ConnectionSettings(test.SuperuserConnectionString), TestContext.Current.CancellationToken);
        await using (superuser)
        {
            await ScriptTester.RunAsync(superuser, new ScriptRequest(script) { Login = enemy }, cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.False(await TestDatabase.ScalarAsync<bool>(test.Superuser, "select is_called from evil.sprung"));
        Assert.False(await TestDatabase.ScalarAsync<bool>(test.Superuser, $"select rolbypassrls from pg_roles where rolname = '{enemy}'"));

        // Looked up by the superuser by such a path, they do spring.
        await TestDatabase.ExecuteAsync(test.Superuser, "set search_path = evil, pg_catalog; select 'a'::text = 'b'::text");
        Assert.True(await TestDatabase.ScalarAsync<bool>(test.Superuser, "select is_called from evil.sprung"));
    }
}
