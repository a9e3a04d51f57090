using Xunit;
using static Tenants.TenantRlsDifferenceKind;
using static Tenants.TenantRlsSeverity;

namespace Tenants.Engine.Tests.Comparing;

/// <summary>One tampering at a time: exactly the difference that names it is found, and once its SQL has run, none.</summary>
public class TamperingTests
{
    private const string Mine = "tenant = (select {schema}.current_tenant())";
    private const string Free = "create role {db}_free; ";

    [Theory]
    [InlineData(FunctionChanged, Critical, "create or replace function {schema}.current_tenant() returns text language sql stable security definer parallel restricted set search_path = pg_catalog, pg_temp as 'select ''globex''::text'")]
    [InlineData(FunctionChanged, Critical, "create or replace function {schema}.sign(inner_pad bytea, outer_pad bytea, message bytea) returns bytea language sql immutable parallel safe return message")]
    [InlineData(FunctionChanged, Critical, "alter function {schema}.enter(text, text) reset search_path")]
    [InlineData(FunctionChanged, Critical, "alter function {schema}.enter(text) security invoker")]
    [InlineData(RowSecurityOff, Critical, "alter table todo_item disable row level security")]
    [InlineData(RowSecurityOff, Critical, "alter table event_eu disable row level security")]
    [InlineData(ForceOff, Critical, "alter table todo_item no force row level security")]
    [InlineData(ForceOff, Critical, "alter table special no force row level security")]
    [InlineData(PolicyMissing, Critical, "drop policy tenants_isolation on todo_item")]
    [InlineData(PolicyMissing, Critical, "drop policy tenants_isolation on event_us")]
    [InlineData(PolicyMissing, Error, "drop policy tenants_admin on todo_item")]
    [InlineData(PolicyChanged, Critical, "alter policy tenants_isolation on todo_item using (true)")]
    [InlineData(PolicyChanged, Critical, "alter policy tenants_isolation on todo_item with check (true)")]
    [InlineData(PolicyChanged, Critical, "alter policy tenants_isolation on todo_item using (" + Mine + " or true)")]
    [InlineData(PolicyChanged, Critical, "alter policy tenants_isolation on todo_item using (title = (select {schema}.current_tenant()))")]
    [InlineData(PolicyChanged, Critical, "alter policy tenants_isolation on event_eu using (true)")]
    [InlineData(PolicyChanged, Error, "alter policy tenants_isolation on todo_item using (" + Mine + " and title > 'a')")]
    [InlineData(PolicyChanged, Error, "alter policy tenants_isolation on todo_item to {dba}")]
    [InlineData(PolicyChanged, Error, "drop policy tenants_isolation on todo_item; create policy tenants_isolation on todo_item as restrictive using (" + Mine + ")")]
    [InlineData(PolicyChanged, Error, "drop policy tenants_isolation on todo_item; create policy tenants_isolation on todo_item for select using (" + Mine + ")")]
    [InlineData(PolicyChanged, Critical, "alter policy tenants_admin on todo_item using (true)")]
    [InlineData(PolicyChanged, Critical, "drop policy tenants_admin on todo_item; create policy tenants_admin on todo_item using (true)")]
    [InlineData(PolicySurplus, Critical, "create policy more on todo_item using (true)")]
    [InlineData(PolicySurplus, Critical, "create policy more on event_eu for select using (region = 'eu')")]
    [InlineData(PolicySurplus, Critical, "create policy \"m\"\"ore; x\" on todo_item for insert to {session} with check (true)")]
    [InlineData(PolicySurplus, Error, "create policy more on todo_item to {session} using (" + Mine + ")")]
    [InlineData(PolicySurplus, Warning, Free + "create policy more on todo_item to {db}_free using (true)")]
    [InlineData(PolicySurplus, Warning, "create policy less on todo_item as restrictive using (title > 'a')")]
    [InlineData(PolicySurplus, Information, Free + "create policy less on todo_item as restrictive to {db}_free using (title > 'a')")]
    [InlineData(PolicySurplus, Information, "create policy more on todo_item for select using (" + Mine + " and title > 'a')")]
    [InlineData(RightSurplus, Critical, "grant truncate on todo_item to {session}")]
    [InlineData(RightSurplus, Critical, "grant maintain on todo_item to {session}", 17)]
    [InlineData(RightSurplus, Critical, "grant references (title) on todo_item to {session}")]
    [InlineData(RightSurplus, Critical, "grant select on todo_item to {session} with grant option")]
    [InlineData(RightSurplus, Critical, "grant trigger on todo_item to public")]
    [InlineData(RightSurplus, Critical, "grant truncate on event_eu to {session}")]
    [InlineData(RightSurplus, Critical, "create schema other; create table other.secret (id int); grant select on other.secret to {session}")]
    [InlineData(RightSurplus, Critical, "create materialized view copied as select * from todo_item; grant select on copied to {session}")]
    [InlineData(RightSurplus, Error, "grant select on event_eu to {session}")]
    [InlineData(RightSurplus, Warning, "create view shown as select * from todo_item; grant select on shown to {session}")]
    [InlineData(RightSurplus, Warning, "grant select (title), update (id) on todo_item to {session}")]
    [InlineData(RightSurplus, Warning, "grant select on todo_item to public")]
    [InlineData(RightSurplus, Warning, "grant insert (region) on event_us to public")]
    [InlineData(RightSurplus, Warning, Free + "grant truncate on todo_item to {db}_free")]
    [InlineData(RightSurplus, Information, Free + "grant select (title) on todo_item to {db}_free")]
    [InlineData(RightSurplus, Information, Free + "alter role {db}_free bypassrls; grant select on todo_item to {db}_free")]
    [InlineData(RightMissing, Error, "revoke insert on todo_item from {session}")]
    [InlineData(RightMissing, Error, "revoke usage on sequence todo_item_id_seq from {session}")]
    [InlineData(DefaultChanged, Error, "alter table todo_item alter column tenant drop default")]
    [InlineData(DefaultChanged, Error, "alter table todo_item alter column tenant set default 'acme'")]
    [InlineData(NotNullMissing, Warning, "alter table todo_item alter column tenant drop not null")]
    [InlineData(IndexMissing, Warning, "drop index todo_item_tenant_idx")]
    [InlineData(IndexMissing, Warning, "drop index special_tenant_idx")]
    [InlineData(IndexMissing, Warning, "drop index event_tenant_idx")]
    [InlineData(IndexInvalid, Warning, "update pg_index set indisvalid = false where indexrelid = 'todo_item_tenant_idx'::regclass")]
    [InlineData(IndexInvalid, Warning, "create index again on todo_item (tenant, title); update pg_index set indisvalid = false where indexrelid = 'again'::regclass")]
    [InlineData(IndexInvalid, Warning, "drop index event_tenant_idx; create index again on only event (tenant)")]
    [InlineData(OwnerBlind, Error, Free + "alter table todo_item owner to {db}_free")]
    [InlineData(ConstraintNotValid, Warning, "alter table todo_item add constraint filled check (tenant is not null) not valid")]
    [InlineData(ConstraintNotValid, Warning, "alter table event add constraint filled check (tenant <> '') not valid")]
    [InlineData(ConstraintNotValid, Warning, "alter table todo_item alter column tenant drop not null; alter table todo_item add constraint filled not null tenant not valid", 18)]
    [InlineData(TableWithoutTenancy, Warning, "create table fresh (id int)")]
    [InlineData(TableWithoutTenancy, Critical, "create table fresh (id int); grant select on fresh to public")]
    [InlineData(TableWithoutTenancy, Critical, "create table event_asia partition of event for values in ('asia')")]
    [InlineData(TableWithoutTenancy, Critical, "create table \"A\"\"b; c\" (x int) inherits (item)")]
    [InlineData(TableWithoutTenancy, Critical, "drop policy tenants_isolation on todo_item; drop policy tenants_admin on todo_item; alter table todo_item disable row level security, no force row level security")]
    [InlineData(SharingChanged, Critical, "grant update on plan to {session}")]
    [InlineData(SharingChanged, Error, "revoke select on plan from {session}")]
    [InlineData(SharingChanged, Error, "update {schema}.shared_table set writable = true")]
    [InlineData(RoleChanged, Critical, "alter role {session} bypassrls")]
    [InlineData(RoleChanged, Critical, "grant pg_read_all_data to {session}")]
    [InlineData(RoleChanged, Error, "alter role {admin} login")]
    public async Task Each_tampering_is_named_and_mended_by_its_statement(TenantRlsDifferenceKind kind, TenantRlsSeverity severity, string tampering, int since = 0)
    {
        await using var world = await CompareWorld.CreateAsync();
        Assert.SkipWhen(world.Major < since, $"It came with PostgreSQL {since}.");
        Assert.Empty(await world.CompareAsync());

        await world.RunAsync(tampering);

        await world.MendsAsync(kind, severity);
    }

    [Theory]
    [InlineData("drop policy tenants_isolation on todo_item; create policy tenants_isolation on todo_item for all to public using (( tenant=( SELECT {schema}.current_tenant()::text ) ))")]
    [InlineData("set search_path = public, {schema}; alter policy tenants_isolation on todo_item using (\"tenant\" = (select current_tenant()))")]
    [InlineData("alter table todo_item rename column tenant to mandant")]
    [InlineData("alter table todo_item rename to chores")]
    [InlineData("alter index todo_item_tenant_idx rename to other")]
    [InlineData("drop index todo_item_tenant_idx; create index more on todo_item (tenant, title)")]
    [InlineData("alter table todo_item alter column tenant set default coalesce(nullif(current_setting('tenants.tenant', true), ''), {schema}.current_tenant())")]
    [InlineData("create schema other; create table other.fresh (id int)")]
    [InlineData("create temporary table fresh (id int)")]
    [InlineData("create view shown as select * from todo_item")]
    public async Task Another_spelling_and_what_is_beside_the_matter_are_no_difference(string change)
    {
        await using var world = await CompareWorld.CreateAsync();

        await world.RunAsync(change);

        Assert.Empty(await world.CompareAsync());
    }
}
