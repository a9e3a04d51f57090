using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Rollouts;

/// <summary>What an earlier run left on a table or one under it, beside what the table lacks to be enabled.</summary>
/// <param name="InvalidIndexes">Indexes of the tenant column alone, by the module's names, whose building was cut off, quoted.</param>
/// <param name="HasPlainIndex">It has an index of the tenant column alone, which one of a partitioned table above it can take for its own.</param>
/// <param name="Function">The function of the trigger that fills in the tenant, quoted; null where there is no such trigger.</param>
/// <param name="IsDerivedAnew">It has the trigger that derives a tenant anew as well.</param>
/// <param name="Check">The module's constraint that no tenant is NULL: known by its name, and by saying that and no more.</param>
/// <param name="IsCheckValid">It holds for all rows.</param>
internal sealed record RolloutFacts(string[] InvalidIndexes, bool HasPlainIndex, string? Function, bool IsDerivedAnew, string? Check, bool IsCheckValid)
{
    /// <summary>Who owns that function where the login may not drop it: the admin who began; else null.</summary>
    public string? Stranger { get; init; }

    /// <summary>Nothing was left.</summary>
    public static readonly RolloutFacts None = new([], false, null, false, null, false);

    /// <summary>How the names of the module's constraints end.</summary>
    public const string CheckEnding = "_filled";

    private const string Query = """
        select c.oid,
               array(select x.relname::text
                     from pg_catalog.pg_index i
                     join pg_catalog.pg_class x on x.oid = i.indexrelid
                     join pg_catalog.pg_namespace n on n.oid = x.relnamespace
                     join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attname = $2
                     where i.indrelid = c.oid and not i.indisvalid and not i.indisunique and c.relkind = 'r'
                       and i.indnatts = 1 and i.indkey[0] = a.attnum and i.indpred is null and x.relname ~ '_idx[0-9]*$'
                       -- One that is being built at this moment. Of others' sessions a login without rights sees the pid alone.
                       and not exists (select from pg_catalog.pg_stat_progress_create_index g
                                       where g.index_relid = i.indexrelid
                                          or (g.relid is null and exists (select from pg_catalog.pg_locks l
                                                                          where l.pid = g.pid and l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock')))
                     order by 1),
               exists (select from pg_catalog.pg_index i
                       join pg_catalog.pg_class x on x.oid = i.indexrelid
                       join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
                       join pg_catalog.pg_opclass o on o.oid = i.indclass[0] and o.opcdefault
                       join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attname = $2 and a.attcollation = i.indcollation[0]
                       where i.indrelid = c.oid and i.indisvalid and not i.indisunique and i.indnatts = 1 and i.indkey[0] = a.attnum
                         and i.indpred is null and not x.relispartition),
               (select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname)
                from pg_catalog.pg_trigger t
                join pg_catalog.pg_proc p on p.oid = t.tgfoid
                join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                where t.tgrelid = c.oid and t.tgname = $3 and not t.tgisinternal),
               array(select k.conname::text
                     from pg_catalog.pg_constraint k
                     join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attname = $2
                     where k.conrelid = c.oid and k.contype = 'c' and k.conislocal and k.coninhcount = 0 and not k.connoinherit and k.conkey = array[a.attnum]
                       and pg_catalog.pg_get_expr(k.conbin, k.conrelid) = '(' || pg_catalog.quote_ident($2) || ' IS NOT NULL)'
                     order by not k.convalidated, k.conname),
               array(select k.conname::text from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.convalidated),
               exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and t.tgname = $4 and not t.tgisinternal),
               (select pg_catalog.pg_get_userbyid(p.proowner)::text
                from pg_catalog.pg_trigger t
                join pg_catalog.pg_proc p on p.oid = t.tgfoid
                join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                where t.tgrelid = c.oid and t.tgname = $3 and not t.tgisinternal
                  and not pg_catalog.pg_has_role(p.proowner, 'usage') and not pg_catalog.pg_has_role(n.nspowner, 'usage'))
        from pg_catalog.pg_class c
        where c.oid = any ($1)
        """;

    /// <summary>Reads it, by the OIDs of a family's members.</summary>
    public static async Task<Dictionary<uint, RolloutFacts>> ReadAsync(
        NpgsqlConnection connection, TableFamily family, string column, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = family.Members.Select(m => m.Oid).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid },
                new NpgsqlParameter<string> { TypedValue = column },
                new NpgsqlParameter<string> { TypedValue = FillTrigger.Name },
                new NpgsqlParameter<string> { TypedValue = FillTrigger.Anew },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var facts = new Dictionary<uint, RolloutFacts>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var member = family.Members.First(m => m.Oid == reader.GetFieldValue<uint>(0));

            // A constraint that says the same by another name is somebody's own, and stays.
            var check = reader.GetFieldValue<string[]>(4).FirstOrDefault(name => IndexNames.IsChosen(name, member.Name, column, CheckEnding));
            facts[member.Oid] = new RolloutFacts(
                [.. reader.GetFieldValue<string[]>(1).Where(name => IndexNames.IsChosen(name, member.Name, column, "_idx")).Select(name => Quote.Identifier(member.Schema, name))],
                reader.GetBoolean(2),
                reader.IsDBNull(3) ? null : reader.GetString(3),
                reader.GetBoolean(6),
                check,
                check is not null && reader.GetFieldValue<string[]>(5).Contains(check))
            {
                Stranger = reader.IsDBNull(7) ? null : reader.GetString(7),
            };
        }

        return facts;
    }

    /// <summary>Fails where the login may not end the rollout that another admin began: that would be found out by its last step.</summary>
    /// <exception cref="TenantException"><c>PermissionDenied</c>.</exception>
    public static void EnsureEndable(TableState root, IEnumerable<RolloutFacts> facts, string login)
    {
        if (facts.FirstOrDefault(f => f.Stranger is not null) is { Stranger: { } owner, Function: { } function })
        {
            throw new TenantException(
                "PermissionDenied",
                TenantErrorKind.PermissionDenied,
                $"The rollout of {root.DisplayName} was begun by {owner}, whose function {function} fills in rows meanwhile, and which goes with it: only its owner may drop it or bind it to another table. Have {owner} go on, or a DBA run:\nalter function {function}() owner to {Quote.Identifier(login)};")
            {
                Table = root.DisplayName,
                Target = root.DisplayName,
            };
        }
    }
}
