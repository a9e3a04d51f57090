using Npgsql;
using Xunit;

namespace Tenants.Engine.Tests.Trust;

/// <summary>One fault at a time: exactly its clause is found, and once the mend has run, none.</summary>
public class TrustCheckTests
{
    private const string Share = "insert into {schema}.shared_table (oid, writable) values ('public.it'::regclass, true); grant select, insert, update, delete on public.it to {session};";
    private const string Server = "create foreign data wrapper {db}_w; create server s foreign data wrapper {db}_w;";

    private const string Child = """
        alter table public.todo_item add constraint todo_key unique (tenant, title);
        create table public.child (id int primary key, tenant text, note text,
            constraint child_todo_fkey foreign key (tenant, note) references public.todo_item (tenant, title) on update cascade on delete cascade);
        create function public.act() returns trigger language plpgsql as 'begin return coalesce(new, old); end';
        create function public.ok(text) returns boolean language plpgsql immutable as 'begin return true; end';
        create function public.same(text, text) returns boolean language plpgsql immutable as 'begin return true; end';

        """;

    // A function of an owner that is pinned itself, and calls one that is not.
    private const string Caller = """
        create function public.help(text) returns text language plpgsql as 'declare word text := $1; begin return word; end';
        create function public.calls() returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin return public.help(''x''); end';
        alter function public.calls() owner to {dba};

        """;

    private const string Late = """
        create table public.late (id int);
        create function public.act() returns trigger language plpgsql as 'begin return null; end';
        create constraint trigger t after insert on public.late deferrable for each row execute function public.act();
        create function public.writes() returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin insert into public.late values (1); end';
        alter function public.writes() owner to {dba}
        """;

    private const string TenantKey = """
        alter table public.todo_item add constraint todo_key unique (tenant, title);
        create table public.child (tenant text, note text, constraint child_todo_fkey foreign key (tenant, note) references public.todo_item (tenant, title));
        alter table public.child enable row level security, force row level security;
        create policy tenants_isolation on public.child using (tenant operator(pg_catalog.=) (select {schema}.current_tenant()::text));

        """;

    [Theory]
    [InlineData("Superuser", "alter role {login} superuser")]
    [InlineData("Superuser", "create role {db}_group superuser; grant {db}_group to {login}")]
    [InlineData("BypassRls", "alter role {login} bypassrls")]
    [InlineData("BypassRls", "alter role {session} bypassrls")]
    [InlineData("BypassRls", "create role {db}_group bypassrls; create role {db}_between; grant {db}_group to {db}_between; grant {db}_between to {login}")]
    [InlineData("CreateRole", "alter role {login} createrole")]
    [InlineData("CreateDatabase", "alter role {login} createdb")]
    [InlineData("Replication", "alter role {login} replication")]
    [InlineData("PredefinedRole", "grant pg_read_all_data to {login}")]
    [InlineData("PredefinedRole", "grant pg_monitor to {login}")]
    [InlineData("PredefinedRole", "grant pg_signal_backend to {session}")]
    [InlineData("PredefinedRole", "grant pg_execute_server_program to {login}")]
    [InlineData("AdminMember", "grant {admin} to {login}")]
    [InlineData("AdminMember", "grant {admin} to {login} with inherit false, set false", 16)]
    [InlineData("AdminMember", "grant {dba} to {login}", 0, "LoginMember", "OwnsObject", "AdminOption", "CreateRole", "CreateOnSchema", "TableRight", "OwnerMember", "ModuleFunction")]
    [InlineData("OwnerMember", "grant {owner} to {login}")]
    [InlineData("LoginMember", "create role {db}_other login; grant {db}_other to {login}")]
    [InlineData("AdminOption", "grant {session} to {login} with admin option")]
    [InlineData("AdminOption", "create role {db}_group; grant {db}_group to {login} with admin option")]
    [InlineData("NotSessionMember", "revoke {session} from {login}")]
    [InlineData("OwnsObject", "alter table public.secret owner to {login}")]
    [InlineData("OwnsObject", "alter table public.secret owner to {session}")]
    [InlineData("OwnsObject", "create role {db}_group; grant {db}_group to {login}; alter table public.secret owner to {db}_group")]
    [InlineData("OwnsObject", "create schema theirs authorization {login}")]
    [InlineData("OwnsObject", "create type public.mood as enum ('up'); alter type public.mood owner to {login}")]
    [InlineData("OwnsObject", "create function public.f() returns int language sql as 'select 1'; alter function public.f() owner to {login}")]
    [InlineData("OwnsObject", "create publication mine; alter publication mine owner to {login}")]
    [InlineData("CreateOnDatabase", "grant create on database {db} to {login}")]
    [InlineData("CreateOnDatabase", "grant create on database {db} to public")]
    [InlineData("CreateOnSchema", "grant create on schema public to public")]
    [InlineData("CreateOnSchema", "create schema \"we\"\"ird; x\"; grant create on schema \"we\"\"ird; x\" to {session}")]
    [InlineData("TableRight", "grant select on public.secret to {login}")]
    [InlineData("TableRight", "grant insert on public.secret to public")]
    [InlineData("TableRight", "grant select (name), update (id) on public.secret to {session}")]
    [InlineData("TableRight", "create table public.\"a\"\"b; c\" (\"x y\" int); grant select (\"x y\"), truncate on public.\"a\"\"b; c\" to {login}")]
    [InlineData("TableRight", "create role {db}_group; grant select on public.secret to {db}_group; grant {db}_group to {login}")]
    [InlineData("TableRight", "create role {db}_group; grant select on public.secret to {db}_group; grant {db}_group to {login} with inherit false, set true", 16)]
    [InlineData("TableRight", "create view public.it as select * from public.secret; grant select on public.it to {session}")]
    [InlineData("TableRight", "create materialized view public.it as select * from public.secret; grant select on public.it to {session}")]
    [InlineData("TableRight", Server + "create foreign table public.it (id int) server s; grant select on public.it to {session}")]
    [InlineData("TableRight", "create table public.it (tenant text) partition by list (tenant); create table public.part partition of public.it default; grant select on public.part to {session}")]
    [InlineData("UnkeptTable", "alter table public.todo_item disable row level security")]
    [InlineData("UnkeptTable", "alter table public.todo_item no force row level security")]
    [InlineData("UnkeptTable", "create policy more on public.todo_item using (title = 'g1')")]
    [InlineData("UnkeptTable", "create policy more on public.todo_item for insert to {session} with check (true)")]
    [InlineData("UnkeptTable", "create policy more on public.todo_item using (tenant = (select {schema}.current_tenant()) or true)")]
    [InlineData("UnfilteredRight", "grant truncate on public.todo_item to {login}")]
    [InlineData("UnfilteredRight", "grant references (tenant) on public.todo_item to {session}")]
    [InlineData("UnfilteredRight", "grant trigger on public.todo_item to public")]
    [InlineData("UnfilteredRight", "grant trigger on public.plan to {session}")]
    [InlineData("UnfilteredRight", "grant maintain on public.todo_item to {session}", 17)]
    [InlineData("SharedTableWrite", "grant update (name) on public.plan to {session}")]
    [InlineData("SharedTableWrite", "grant insert on public.plan to public")]
    [InlineData("SharedParent", "create table public.it (title text not null); " + Share + "alter table public.todo_item inherit public.it")]
    [InlineData("ModuleTable", "grant select on {schema}.key to {login}")]
    [InlineData("ModuleTable", "grant select (tenant) on {schema}.login to {session}")]
    [InlineData("ModuleTable", "grant update on {schema}.setting to {session}")]
    [InlineData("ModuleFunction", "grant execute on function {schema}.create_key(name, interval) to {login}")]
    [InlineData("SystemCatalogRight", "grant select on pg_catalog.pg_authid to {login}")]
    [InlineData("SystemCatalogRight", "grant select (umoptions) on pg_catalog.pg_user_mapping to public")]
    [InlineData("SystemCatalogRight", "grant update on pg_catalog.pg_class to {session}")]
    [InlineData("SystemFunctionRight", "grant execute on function pg_catalog.pg_read_file(text) to {login}")]
    [InlineData("SystemFunctionRight", "grant execute on function pg_catalog.lo_import(text) to public")]
    [InlineData("UnboundView", "create view public.it as select title from public.todo_item; " + Share)]
    [InlineData("UnboundView", "create view public.inner as select title from public.todo_item; create view public.it as select * from public.inner; alter view public.it owner to {dba}; " + Share)]
    [InlineData("MaterializedView", "create materialized view public.it as select title from public.todo_item; " + Share)]
    [InlineData("UnboundRule", "create table public.it (id int); create rule clear as on delete to public.it do also delete from public.todo_item; " + Share)]
    [InlineData("DefinerFunction", "create function public.f() returns setof text language sql security definer set search_path = pg_catalog, pg_temp as 'select title from public.todo_item'")]
    [InlineData("DefinerFunction", "create procedure public.f() language sql security definer set search_path = pg_catalog, pg_temp as 'delete from public.todo_item'")]
    [InlineData("DefinerFunction", "create function public.f() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin return new; end'; revoke execute on function public.f() from public; create trigger f before insert on public.todo_item for each row execute function public.f()")]
    [InlineData("DefinerFunction", "create function public.f() returns event_trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin end'; revoke execute on function public.f() from public; create event trigger {db} on ddl_command_end execute function public.f()")]
    [InlineData("DefinerFunction", "create role {db}_free; create policy more on public.todo_item to {db}_free using (true); create function public.f() returns int language sql security definer set search_path = pg_catalog, pg_temp as 'select 1'; alter function public.f() owner to {db}_free")]
    [InlineData("DefinerPath", "create function public.f() returns int language sql security definer as 'select 1'; alter function public.f() owner to {dba}")]
    [InlineData("DefinerPath", "create function public.f() returns int language sql security definer set search_path = 'pg_catalog, pg_temp' as 'select 1'; alter function public.f() owner to {dba}")]
    [InlineData("DefinerPath", "create function public.f() returns int language sql security definer set search_path = pg_catalog, 'PG_TEMP' as 'select 1'; alter function public.f() owner to {dba}")]
    [InlineData("DefinerPath", "create function public.f() returns int language sql security definer return 1; alter function public.f() owner to {dba}")]
    [InlineData("DefinerPath", "create function public.f(int, int) returns int language sql security definer as 'select 1'; alter function public.f(int, int) owner to {dba}; revoke execute on function public.f(int, int) from public; create aggregate public.agg(int) (sfunc = public.f, stype = int)")]
    [InlineData("UntrustedFunction", "create function public.f(int, int) returns int language internal as 'int4pl'; revoke execute on function public.f(int, int) from public; create aggregate public.agg(int) (sfunc = public.f, stype = int)")]
    [InlineData("ActionPath", Child + "create trigger t before delete on public.child for each row execute function public.act()")]
    [InlineData("ActionPath", Child + "create trigger t before delete on public.child execute function public.act()")]
    [InlineData("ActionPath", Child + "alter table public.child add check (public.ok(note))")]
    [InlineData("ActionPath", Child + "alter table public.child add column twice boolean generated always as (public.ok(note)) stored")]
    [InlineData("ActionPath", Child + "create index on public.child ((public.ok(note)))")]
    [InlineData("ActionPath", Child + "create domain public.noted as text check (public.ok(value)); alter table public.child add column mood public.noted")]
    [InlineData("ActionPath", Child + "create table public.grandchild (id int references public.child on update cascade, note text check (public.ok(note)))")]
    [InlineData("ActionPath", Child + "create operator public.~~~~ (leftarg = text, rightarg = text, function = public.same); alter table public.child add check (note operator(public.~~~~) 'x')")]
    [InlineData("ActionPath", Child + "create trigger t after delete on public.child for each row execute function public.act()", 18)]
    [InlineData("ActionPath", Child + "alter function public.act() set search_path = pg_catalog, pg_temp; create trigger t after delete on public.child for each row when (public.ok(old.note)) execute function public.act()")]
    [InlineData("ActionPath", Child + "create domain public.lower as text check (public.ok(value)); create domain public.upper as public.lower; alter table public.child add column mood public.upper")]
    [InlineData("ActionPath", Child + "create function public.blank() returns text language plpgsql as 'begin return null; end'; create domain public.noted as text default public.blank(); alter table public.child add column mood public.noted")]
    [InlineData("ActionPath", Child + "create table public.parted (tenant text, note text, foreign key (tenant, note) references public.todo_item (tenant, title) on update cascade) partition by list ((public.ok(note)))")]
    [InlineData("ActionPath", Child + "create table public.parted (tenant text, note text) partition by list ((public.ok(note))); create table public.part partition of public.parted for values in (true); alter table public.part add foreign key (tenant, note) references public.todo_item (tenant, title) on update cascade")]
    [InlineData("ActionPath", Child + "create function public.far(int, int) returns float8 language plpgsql immutable as 'begin return 1; end'; create type public.span as range (subtype = int, subtype_diff = public.far); alter table public.child add column span public.span")]
    [InlineData("ActionPath", Child + "create rule r as on delete to public.child do also select public.ok('x')")]
    [InlineData("ActionPath", Child + "create table public.log (note text check (public.ok(note))); create rule r as on delete to public.child do also insert into public.log values (old.note)")]
    [InlineData("ActionPath", "create type public.code as (word text); create function public.plain(public.code) returns text language plpgsql immutable as 'begin return null; end'; create cast (public.code as text) with function public.plain(public.code) as assignment; create table public.one (id public.code primary key); create table public.two (id public.code references public.one)")]
    [InlineData("OwnerPath", Caller)]
    [InlineData("OwnerPath", Caller + "create or replace function public.help(text) returns text language sql set search_path = public as 'select $1'")]
    [InlineData("OwnerPath", Caller + "alter function public.help(text) set search_path = public; revoke execute on function public.help(text) from public")]
    [InlineData("OwnerPath", Caller + "create view public.seen as select public.help('x'); create or replace function public.calls() returns text language plpgsql security definer set search_path = public, pg_temp as 'begin return (select s.help from seen s); end'")]
    [InlineData("OwnerPath", Caller + "create or replace function public.calls() returns text language sql security definer set search_path = public, pg_temp return public.help('x')")]
    [InlineData("OwnerPath", Caller + "create or replace function public.calls() returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin return (select min(title) from public.todo_item); end'; create policy less on public.todo_item as restrictive using (public.help(title) <> '')")]
    [InlineData("OwnerPath", Caller + "create function public.stamp() returns trigger language plpgsql as 'declare t text; begin return new; end'; create trigger t before insert on public.todo_item for each row execute function public.stamp(); create or replace function public.calls() returns text language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin insert into public.todo_item (title) values (''x''); return null; end'")]
    [InlineData("OwnerPath", Child + "create function public.help(text) returns text language plpgsql as 'declare word text := $1; begin return word; end'; create or replace function public.act() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as 'begin perform public.help(''x''); return old; end'; create trigger t before delete on public.child for each row execute function public.act()")]
    [InlineData("OwnerPath", Late, 18)]
    [InlineData("StrayingKey", TenantKey + "alter table public.child drop constraint child_todo_fkey, add foreign key (tenant, note) references public.todo_item (tenant, title) on delete set default")]
    [InlineData("StrayingKey", TenantKey + "alter table public.child drop constraint child_todo_fkey, add foreign key (tenant, note) references public.todo_item (tenant, title) on update set default")]
    [InlineData("DefinerPath", "create function public.f() returns int language sql security definer set search_path = '' as 'select 1'; alter function public.f() owner to {dba}")]
    [InlineData("DefinerPath", "create function public.f() returns int language sql security definer set search_path = pg_temp, public, pg_temp as 'select 1'; alter function public.f() owner to {dba}")]
    [InlineData("UntrustedFunction", "create function public.f(int, int) returns int language internal as 'int4pl'")]
    [InlineData("LeakproofFunction", "create function public.f(int) returns int language sql immutable leakproof as 'select 1'")]
    [InlineData("UntrustedLanguage", "update pg_language set lanpltrusted = true where lanname = 'c'")]
    [InlineData("SequenceUpdate", "create sequence public.it; grant update on public.it to {session}")]
    [InlineData("LargeObject", "grant select on large object 4711 to public")]
    [InlineData("ForeignServer", Server + "grant usage on foreign server s to {login}")]
    [InlineData("ForeignDataWrapper", Server + "grant usage on foreign data wrapper {db}_w to public")]
    [InlineData("UserMapping", Server + "create user mapping for {login} server s")]
    [InlineData("UserMapping", Server + "create user mapping for public server s")]
    [InlineData("ParameterRight", "grant set on parameter log_statement to {login}", 15)]
    [InlineData("ParameterRight", "grant set on parameter \"my.own\" to {login}", 15)]
    [InlineData("AlterSystem", "grant alter system on parameter work_mem to {login}", 15)]
    [InlineData("GrantOption", "grant select on public.todo_item to {login} with grant option")]
    [InlineData("GrantOption", "grant select (title) on public.todo_item to {session} with grant option")]
    [InlineData("GrantOption", "grant usage on schema public to {session} with grant option")]
    [InlineData("GrantOption", "create sequence public.it; grant usage on public.it to {session} with grant option")]
    [InlineData("GrantOption", "grant connect on database {db} to {login} with grant option")]
    [InlineData("GrantOption", "create type public.mood as enum ('up'); grant usage on type public.mood to {login} with grant option")]
    [InlineData("HarmfulSetting", "alter role {login} set role = {session}", 0)]
    [InlineData("HarmfulSetting", "alter role {login} in database {db} set session_replication_role = replica")]
    [InlineData("HarmfulSetting", "alter database {db} set lo_compat_privileges = on")]
    public async Task Each_fault_is_found_by_its_clause_and_mended_by_its_statements(string clause, string fault, int since = 0, params string[] beside)
    {
        await using var world = await TrustWorld.CreateAsync();
        Assert.SkipWhen(world.Tenants.Major < since, $"It came with PostgreSQL {since}.");
        await world.RunAsync("select pg_catalog.lo_create(4711)");
        Assert.Empty(await world.CheckAsync());

        await world.RunAsync(fault);
        var findings = await world.CheckAsync();
        Assert.Contains(findings, f => f.Clause == clause);
        Assert.All(findings, f => Assert.Contains(f.Clause, (string[])[clause, .. beside]));

        foreach (var finding in findings)
        {
            await world.RunAsync(finding.Mend);
        }

        Assert.Empty(await world.CheckAsync());
    }

    [Theory]
    [InlineData("alter policy tenants_isolation on public.todo_item using (true)")]
    [InlineData("alter policy tenants_isolation on public.todo_item to {session}")]
    [InlineData("drop policy tenants_isolation on public.todo_item; create policy tenants_isolation on public.todo_item for select using (tenant = (select {schema}.current_tenant()))")]
    [InlineData("drop policy tenants_isolation on public.todo_item; create policy tenants_isolation on public.todo_item using (tenant >= (select {schema}.current_tenant()))")]
    [InlineData("drop policy tenants_isolation on public.todo_item; create policy tenants_isolation on public.todo_item as restrictive using (tenant = (select {schema}.current_tenant()))")]
    [InlineData("drop policy tenants_isolation on public.todo_item; create policy other on public.todo_item using (title = (select {schema}.current_tenant()))")]
    public async Task A_tenant_table_whose_policy_says_something_else_is_found(string fault)
    {
        await using var world = await TrustWorld.CreateAsync();
        await world.RunAsync(fault);

        var clauses = (await world.CheckAsync()).Select(f => f.Clause);
        Assert.All(clauses, c => Assert.Contains(c, (string[])["UnkeptTable", "TableRight"]));
        Assert.NotEmpty(clauses);
    }

    [Fact]
    public async Task A_collation_that_takes_two_tenants_for_one_is_found()
    {
        await using var world = await TrustWorld.CreateAsync();
        try
        {
            await world.RunAsync("create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
        }
        catch (PostgresException e)
        {
            Assert.Skip($"This server has no such collations: {e.MessageText}");
        }

        await world.RunAsAdminAsync("create table public.it (tenant text collate public.loose not null)");
        await world.RunAsync(
            """
            create policy tenants_isolation on public.it using (tenant operator(pg_catalog.=) (select {schema}.current_tenant()::text));
            alter table public.it enable row level security, force row level security; grant select on public.it to {session}
            """);

        Assert.Equal("UnkeptTable", Assert.Single(await world.CheckAsync()).Clause);
    }

    [Theory]
    [InlineData("create policy more on public.todo_item using (tenant operator(pg_catalog.=) (select {schema}.current_tenant()::text) and title > 'a')")]
    [InlineData("create policy less on public.todo_item as restrictive using (title > 'a')")]
    [InlineData("create role {db}_free; create policy more on public.todo_item to {db}_free using (true)")]
    [InlineData("create view public.it as select title from public.todo_item; alter view public.it owner to {dba}; " + Share)]
    [InlineData("create view public.it with (security_invoker = true) as select title from public.todo_item; " + Share, 15)]
    [InlineData("create view public.it as select name from public.secret; " + Share)]
    [InlineData("create sequence public.it; grant usage, select on public.it to {session}")]
    [InlineData("create function public.f() returns int language sql security definer set search_path = pg_catalog, pg_temp as 'select 1'; alter function public.f() owner to {dba}")]
    [InlineData("create aggregate public.agg(int) (sfunc = int4pl, stype = int)")]
    [InlineData(Child + "create trigger t after delete on public.child for each row execute function public.act()", 0, 17)]
    [InlineData("create type public.span as range (subtype = int)")]
    [InlineData(Caller + "alter function public.help(text) set search_path = pg_catalog, pg_temp")]
    [InlineData(Caller + "create or replace function public.help(text) returns text language plpgsql as 'begin return $1; end'")]
    [InlineData(Caller + "revoke execute on function public.help(text) from public")]
    [InlineData(Caller + "revoke temporary on database {db} from public")]
    [InlineData(Caller + "drop function public.calls()")]
    [InlineData(Late, 0, 17)]
    [InlineData(TenantKey)]
    [InlineData(TenantKey + "alter table public.child drop constraint child_todo_fkey, add foreign key (tenant, note) references public.todo_item (tenant, title) on delete set default (note)", 15)]
    [InlineData(Child + "alter function public.act() set search_path = pg_catalog, public, pg_temp; create trigger t before delete on public.child for each row execute function public.act()")]
    [InlineData(Child + "revoke temporary on database {db} from public; create trigger t before delete on public.child for each row execute function public.act()")]
    [InlineData(Child + "alter table public.child drop constraint child_todo_fkey; create trigger t before delete on public.child for each row execute function public.act()")]
    [InlineData("select pg_catalog.lo_create(4712); alter large object 4712 owner to {session}; grant select on large object 4712 to public")]
    [InlineData("select pg_catalog.lo_create(4712); create role {db}_other; grant {session} to {db}_other; alter large object 4712 owner to {db}_other; grant select on large object 4712 to public")]
    [InlineData("create function public.f() returns int language sql security definer as 'select 1'; revoke execute on function public.f() from public")]
    [InlineData("create role {db}_group; grant {db}_group to {login}")]
    [InlineData("create role {db}_group bypassrls; grant {db}_group to {login} with inherit false, set false", 16)]
    [InlineData("create role {db}_group; create role {db}_between; grant select on public.secret to {db}_group; grant {db}_group to {db}_between with inherit false, set true; grant {db}_between to {login} with inherit true, set false", 16)]
    [InlineData("grant {login} to {dba}")]
    [InlineData("alter role {login} set work_mem = '8MB'; alter role {login} set search_path = 'x'")]
    [InlineData("revoke select on pg_catalog.pg_stats from public")]
    public async Task What_opens_nothing_is_not_found(string harmless, int since = 0, int until = int.MaxValue)
    {
        await using var world = await TrustWorld.CreateAsync();
        Assert.SkipWhen(world.Tenants.Major < since || world.Tenants.Major > until, $"It holds from PostgreSQL {since} to {until}.");
        await world.RunAsync(harmless);

        Assert.Empty(await world.CheckAsync());
    }

    [Fact]
    public async Task What_a_login_makes_for_its_session_is_not_held_against_it()
    {
        await using var world = await TrustWorld.CreateAsync();
        await using var connection = await world.OpenAsync();
        await using var make = new NpgsqlCommand(
            """
            create temp table pg_class (like pg_catalog.pg_class); create temp table own (id serial, note text); grant all on own to public;
            create function pg_temp.f() returns int language sql security definer as 'select 1';
            create domain pg_temp.kind as text; create temp view seen as select 1 as one;
            alter default privileges grant select on tables to public;
            create function pg_temp.aclexplode(pg_catalog.aclitem[]) returns table (grantee oid) language sql as 'select 0::oid where false';
            set search_path = pg_temp, pg_catalog
            """,
            connection);
        await make.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        Assert.Empty(await world.CheckAsync(connection));
        Assert.Empty(await world.CheckAsync());

        await world.RunAsync("grant select on public.secret to {login}");
        Assert.Equal("TableRight", Assert.Single(await world.CheckAsync(connection)).Clause);
    }

    [Fact]
    public async Task A_definer_function_without_a_path_runs_the_callers_code_as_its_owner()
    {
        await using var world = await TrustWorld.CreateAsync();
        await world.RunAsAdminAsync(
            """
            create function public.plans() returns bigint language plpgsql security definer as 'begin return (select count(name) from plan); end'
            """);
        Assert.Equal("DefinerPath", Assert.Single(await world.CheckAsync()).Clause);

        const string Attack = """
            create or replace function pg_temp.take() returns text language plpgsql as $$
                begin alter table public.todo_item disable row level security; return 'taken'; end $$;
            create or replace temp view plan as select pg_temp.take() as name; grant select on plan to public;
            select public.plans()
            """;
        await using var connection = await world.OpenAsync();
        await using var attack = new NpgsqlCommand(Attack, connection);
        await attack.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        Assert.False(await world.Tenants.AdminValueAsync<bool>("select relrowsecurity from pg_class where oid = 'public.todo_item'::regclass"));

        // What the mend does: the name is no longer looked up where the caller says.
        await world.RunAsync("alter table public.todo_item enable row level security; alter function public.plans() set search_path = public, pg_temp");
        Assert.Empty(await world.CheckAsync(connection));
        await attack.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        Assert.True(await world.Tenants.AdminValueAsync<bool>("select relrowsecurity from pg_class where oid = 'public.todo_item'::regclass"));
    }

    [Fact]
    public async Task A_trigger_function_of_a_superuser_is_set_off_without_the_right_to_call_it()
    {
        await using var world = await TrustWorld.CreateAsync();
        await world.RunAsync(
            """
            create table public.log (what text);
            create function public.note() returns trigger language plpgsql security definer as 'begin insert into log values (new.title); return new; end';
            revoke execute on function public.note() from public;
            create trigger note after update on public.todo_item for each row execute function public.note()
            """);

        var finding = Assert.Single(await world.CheckAsync());
        Assert.Equal("DefinerFunction", finding.Clause);
        Assert.Contains("public.note()", finding.Reason, StringComparison.Ordinal);
    }
}
