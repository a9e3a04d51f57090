using System.Data.Common;
using Npgsql;
using Tenants.Engine.Audit;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>Every role that a login could use or become, and what is wrong with that.</summary>
internal sealed class TrustReach
{
    /// <summary>The OID that stands for PUBLIC in lists of rights.</summary>
    public const uint Public = 0;

    private const int GrantOptions = 16;

    private readonly IReadOnlyList<TrustRole> _roles;
    private readonly Installation _installation;
    private readonly bool _hasSessionRights;
    private readonly TrustRole _login;

    private TrustReach(IReadOnlyList<TrustRole> roles, Installation installation, bool hasSessionRights)
    {
        _roles = roles;
        _installation = installation;
        _hasSessionRights = hasSessionRights;
        _login = roles.Single(r => r.IsLogin);
    }

    /// <summary>The roles whose rights are to be judged.</summary>
    public uint[] Usable => [.. _roles.Where(r => r is { IsReachable: true, IsRefused: false }).Select(r => r.Oid)];

    /// <summary>Asks for the roles.</summary>
    public static NpgsqlBatchCommand Command(Installation installation, string? login) => new(TrustSql.Read("trust-reach.sql", installation, login))
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = installation.AdminRole },
            new NpgsqlParameter<string> { TypedValue = installation.OwnerRole },
            new NpgsqlParameter<string> { TypedValue = installation.SessionRole },
        },
    };

    /// <summary>Reads the answer.</summary>
    public static async Task<TrustReach> ReadAsync(DbDataReader reader, Installation installation, CancellationToken cancellationToken)
    {
        var roles = new List<TrustRole>();
        var hasSessionRights = false;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            roles.Add(new TrustRole(reader.GetFieldValue<uint>(0), reader.GetString(1))
            {
                IsLogin = reader.GetBoolean(2),
                IsReachable = reader.GetBoolean(3),
                IsRefused = reader.GetBoolean(4),
                IsSuperuser = reader.GetBoolean(5),
                BypassesRls = reader.GetBoolean(6),
                CanCreateRoles = reader.GetBoolean(7),
                CanCreateDatabases = reader.GetBoolean(8),
                CanReplicate = reader.GetBoolean(9),
                CanLogIn = reader.GetBoolean(10),
                Members = reader.GetFieldValue<string[]>(11),
                Admins = reader.GetFieldValue<string[]>(12),
            });
            hasSessionRights = reader.GetBoolean(13);
        }

        return new TrustReach(roles, installation, hasSessionRights);
    }

    /// <summary>What is wrong with the roles themselves.</summary>
    public IEnumerable<TrustFinding> Judge(Version server) =>
    [
        .. Attribute("Superuser", "no right and no policy binds a superuser", "nosuperuser", r => r.IsSuperuser),
        .. Attribute("BypassRls", "no policy binds a role with BYPASSRLS", "nobypassrls", r => r is { BypassesRls: true, IsSuperuser: false }),
        .. Attribute("CreateRole", "with CREATEROLE it makes and alters other logins", "nocreaterole", r => r is { CanCreateRoles: true, IsSuperuser: false }),
        .. Attribute("CreateDatabase", "with CREATEDB it copies databases", "nocreatedb", r => r is { CanCreateDatabases: true, IsSuperuser: false }),
        .. Attribute("Replication", "with REPLICATION it reads every change of the whole server", "noreplication", r => r is { CanReplicate: true, IsSuperuser: false }),
        .. Membership("PredefinedRole", "predefined roles reach all data, files or sessions", r => r.IsReachable && r.Name.StartsWith("pg_", StringComparison.Ordinal)),
        .. Membership("AdminMember", "the admin's policy shows its members all tenants' rows", r => r.Name == _installation.AdminRole),
        .. Membership("OwnerMember", "it owns the keys by which tenants are told apart", r => r.Name == _installation.OwnerRole),
        .. Membership(
            "LoginMember",
            "who may become another login sees its queries and can stop them",
            r => r is { IsReachable: true, IsRefused: false, CanLogIn: true, IsLogin: false } && r.Name != _installation.SessionRole),
        .. AdminOption(),
        .. Session(server),
    ];

    /// <summary>What takes a right away. One of another role is that role's business: the login leaves it.</summary>
    public IEnumerable<string> Mend(TrustRow row) =>
        _roles.FirstOrDefault(r => r.Oid == row.Holder) is { } holder && !IsOwn(holder) ? Leave(holder) : [row.Mend];

    /// <summary>It is there for tenants' SQL alone: the login, or the session role.</summary>
    private bool IsOwn(TrustRole role) => role.IsLogin || role.Name == _installation.SessionRole;

    private IEnumerable<TrustFinding> Attribute(string clause, string why, string without, Func<TrustRole, bool> has)
    {
        var roles = _roles.Where(r => r.IsReachable && has(r)).ToList();
        return Finding(clause, roles.Select(r => r.IsLogin ? $"{r.Name} itself" : r.Name), $"Attribute of a role that it is or belongs to; {why}", roles.SelectMany(
            r => IsOwn(r) ? [$"alter role {Quote.Identifier(r.Name)} {without}"] : Leave(r)));
    }

    private IEnumerable<TrustFinding> Membership(string clause, string why, Func<TrustRole, bool> which)
    {
        var roles = _roles.Where(r => !r.IsLogin && which(r)).ToList();
        return Finding(clause, roles.Select(r => r.Name), $"It belongs to a role; {why}", roles.SelectMany(Leave));
    }

    private IEnumerable<TrustFinding> AdminOption()
    {
        var roles = _roles.Where(r => r is { IsRefused: false, Admins.Length: > 0 }).ToList();
        return Finding("AdminOption", roles.Select(r => r.Name), "It may grant a role to others, and to itself as it likes (ADMIN OPTION)", roles.SelectMany(
            r => r.Admins.SelectMany(a => _roles.Single(m => m.Name == a) is var holder && IsOwn(holder)
                ? [$"revoke admin option for {Quote.Identifier(r.Name)} from {Quote.Identifier(a)} cascade"]
                : Leave(holder))));
    }

    private IEnumerable<TrustFinding> Session(Version server)
    {
        if (_hasSessionRights)
        {
            return [];
        }

        var grant = $"grant {Quote.Identifier(_installation.SessionRole)} to {Quote.Identifier(_login.Name)}";
        return Finding(
            "NotSessionMember",
            [_installation.SessionRole],
            "It has no use of the role that holds tenants' rights, so it can do nothing for a tenant",
            server.Major >= GrantOptions ? [$"{grant} with inherit true, set false"] : [grant, $"alter role {Quote.Identifier(_login.Name)} inherit"]);
    }

    // Cut where the login, or the session role, first steps onto the way to a role: what lies beyond is others' as well.
    private IEnumerable<string> Leave(TrustRole role)
    {
        var byName = _roles.ToDictionary(r => r.Name);
        var seen = new HashSet<string>(StringComparer.Ordinal) { role.Name };
        var ahead = new Queue<TrustRole>([role]);
        while (ahead.TryDequeue(out var next))
        {
            foreach (var member in next.Members.Select(m => byName[m]))
            {
                if (IsOwn(member))
                {
                    yield return $"revoke {Quote.Identifier(next.Name)} from {Quote.Identifier(member.Name)}";
                }
                else if (seen.Add(member.Name))
                {
                    ahead.Enqueue(member);
                }
            }
        }
    }

    private static IEnumerable<TrustFinding> Finding(string clause, IEnumerable<string> about, string why, IEnumerable<string> mends)
    {
        var names = Listing.Of(about);
        return names.Length == 0 ? [] : [new TrustFinding(clause, $"{why}: {names}.", string.Join('\n', mends.Select(m => $"{m};")))];
    }
}
