using System.Security.Cryptography;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Migrations;

/// <summary>
/// What makes a database ready, first of all: the steps of <see cref="InitializePlanner"/>, with the roles named
/// after the database in which it runs, by the rule of <see cref="RoleName"/>. Where that was done already it does nothing.
/// </summary>
internal static class InitializeUnit
{
    // A comment of each file that has it, by which it is known.
    private const string Purpose = "the module's schema and three roles, named after this database; nothing where they are there";

    // Which migration made the roles is kept there, for its way back. By its name and a number of its own: another service's folder
    // may have one of the same name.
    private const string Mark = "migration";

    /// <summary>The migration.</summary>
    /// <param name="installation">What the database will hold.</param>
    /// <param name="name">The migration's name.</param>
    public static MigrationUnit Make(Installation installation, MigrationName name)
    {
        var mark = Quote.Literal($"{name} {RandomNumberGenerator.GetHexString(16, lowercase: true)}");
        return new MigrationUnit(
            "the database",
            MigrationTopic.Initialize,
            true,
            [new MigrationStatement(Purpose, $"do {Quote.Dollar(Up(installation, mark))}")],
            [new MigrationStatement("what this migration made goes; what was there before it stays", $"do {Quote.Dollar(Down(installation, mark))}")]);
    }

    /// <summary>What comes first where an earlier migration of the folder makes the database ready: it says so where that did not run.</summary>
    /// <param name="installation">What the database holds.</param>
    public static MigrationUnit Guard(Installation installation)
    {
        var body = $"""
            begin
                if pg_catalog.to_regclass({Quote.Literal($"{installation.QuotedSchema}.setting")}) is null then
                    raise exception 'this database is not ready for tenants: the migration that makes it so, an earlier one, did not run here'
                        using hint = 'Run the earlier migrations first; or make the database ready by itself: Initialize-TenantDatabase -TenantType {installation.TenantType}';
                elsif not exists (select from {installation.QuotedSchema}.setting where name = 'tenant_type' and value = {Quote.Literal(installation.SqlType)}) then
                    raise exception 'the tenants of this database are not of type {installation.SqlType}, for which the migration was written';
                end if;
            end
            """;
        return new MigrationUnit("the database", MigrationTopic.Ready, true, [new MigrationStatement("fails where the database was not made ready for tenants", $"do {Quote.Dollar(body)}")], []);
    }

    /// <summary>True for a folder of which a migration makes the database ready.</summary>
    public static bool IsIn(MigrationFolder folder) =>
        folder.Names.Where(n => Path.GetExtension(n) is ".sql" or ".py" or ".cs").Any(n => folder.Holds(n, Purpose));

    private static string Up(Installation installation, string mark)
    {
        var schema = installation.QuotedSchema;
        PlanStep[] steps = [.. InitializePlanner.SchemaSteps(installation)];
        var marked = new PlanStep("", $"insert into {schema}.setting (name, value) values ('{Mark}', {mark})");
        var statements = steps.SkipLast(1).Append(marked).Append(steps[^1]).Select(s => RunTimeRoles.Execute(installation, s.Up));
        return $"""
            declare
                suffix       text := pg_catalog.current_database();
                owner_role   text;
                admin_role   text;
                session_role text;
                made         text;
                stamp        record;
                -- From 16 on a grant says by itself what it gives.
                options      constant text := case when pg_catalog.current_setting('server_version_num')::integer >= 160000 then ' with inherit true, set true' else '' end;
            begin
                if pg_catalog.to_regclass({Quote.Literal($"{schema}.setting")}) is not null then
                    select pg_catalog.max(value) filter (where name = 'version') as version, pg_catalog.max(value) filter (where name = 'tenant_type') as tenant_type
                    into stamp from {schema}.setting;
                    if stamp.version is distinct from {Quote.Literal(installation.Version.ToString(System.Globalization.CultureInfo.InvariantCulture))} then
                        raise exception 'this database carries stamp % of the module Tenants, and the migration was written for {installation.Version}: bring it up to date with Update-TenantDatabase, or write the migration anew', stamp.version;
                    elsif stamp.tenant_type is distinct from {Quote.Literal(installation.SqlType)} then
                        raise exception 'the tenants of this database are of type %, and the migration was written for {installation.SqlType}', stamp.tenant_type;
                    end if;
                    return;
                end if;

                for attempt in 0 .. 5 loop
                    owner_role := {NameOf("tenants_owner_")};
                    admin_role := {NameOf("tenants_admin_")};
                    session_role := {NameOf("tenants_session_")};
                    exit when not exists (
                        select from pg_catalog.pg_roles r
                        where r.rolname in (owner_role, admin_role, session_role) and not (
            {Indent(RolePlanner.IsFree, 16)}));
                    -- Left by a database of the same name, or somebody else's: whoever belongs to them must see nothing here.
                    suffix := pg_catalog.current_database()::text operator(pg_catalog.||) '_' operator(pg_catalog.||) pg_catalog.left(pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', ''), 6);
                end loop;

                foreach made in array array[owner_role, admin_role, session_role] loop
                    if pg_catalog.to_regrole(pg_catalog.quote_ident(made)) is null then
                        execute pg_catalog.format('create role %I nologin', made);
                    end if;
                    if not (select rolsuper from pg_catalog.pg_roles where rolname = session_user)
                        and not exists (select from pg_catalog.pg_auth_members m
                                        where m.roleid = pg_catalog.to_regrole(pg_catalog.quote_ident(made)) and m.member = pg_catalog.to_regrole(pg_catalog.quote_ident(session_user))
                                          and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true)
                                          and coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::boolean, true)) then
                        execute pg_catalog.format('grant %I to %I', made, session_user) operator(pg_catalog.||) options;
                    end if;
                end loop;

            {string.Join("\n", statements)}
            end
            """;
    }

    private static string Down(Installation installation, string mark)
    {
        var schema = installation.QuotedSchema;
        return $"""
            declare
                roles text[];
                made  text;
            begin
                if pg_catalog.to_regclass({Quote.Literal($"{schema}.setting")}) is null then
                    return;
                end if;
                if not exists (select from {schema}.setting where name = '{Mark}' and value = {mark}) then
                    return;
                end if;
                if exists (select from {schema}.login) then
                    raise exception 'logins that were made for tenants are still there' using hint = 'Get-TenantLogin | Remove-TenantLogin';
                end if;

                select pg_catalog.array_agg(value order by name) into roles from {schema}.setting where name in ('owner_role', 'admin_role', 'session_role');
                -- Without CASCADE: a policy or view that still calls it is an error, not a victim.
                drop function {schema}.current_tenant();
                set local client_min_messages = warning;
                drop schema {schema} cascade;
                foreach made in array roles loop
                    execute pg_catalog.format('drop owned by %I', made);
                    execute pg_catalog.format('drop role %I', made);
                end loop;
            end
            """;
    }

    // RoleName.Of as SQL: cut at a character's border where it is too long, with a hash of the whole.
    internal static string NameOf(string prefix) => $"""
        (select case when pg_catalog.octet_length(pg_catalog.convert_to(whole, 'UTF8')) <= {Quote.MaxIdentifierBytes} then whole
                        else (select pg_catalog.left(whole, n) from pg_catalog.generate_series(pg_catalog.char_length(whole), 1, -1) n
                              where pg_catalog.octet_length(pg_catalog.convert_to(pg_catalog.left(whole, n), 'UTF8')) <= {Quote.MaxIdentifierBytes - RoleName.HashLength} limit 1)
                             operator(pg_catalog.||) '_' operator(pg_catalog.||) pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(suffix, 'UTF8')), 'hex'), {RoleName.HashLength - 1}) end
                    from (select '{prefix}' operator(pg_catalog.||) suffix) of_role(whole))
        """;

    private static string Indent(string text, int spaces) =>
        string.Join('\n', text.Split('\n').Select(l => l.Length == 0 ? l : new string(' ', spaces) + l));
}
