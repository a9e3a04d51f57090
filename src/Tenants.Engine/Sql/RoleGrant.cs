using Npgsql;

namespace Tenants.Engine.Sql;

/// <summary>The statements that make a role a member of another, on any version of the server.</summary>
internal static class RoleGrant
{
    /// <summary>The server from which a grant says by itself whether it is inherited, and CREATEROLE alone no longer grants everything.</summary>
    public const int GrantOptions = 16;

    /// <summary>Makes a login a full member.</summary>
    public static string Full(Version server, string quotedRole, string quotedLogin) =>
        $"grant {quotedRole} to {quotedLogin}{(server.Major >= GrantOptions ? " with inherit true, set true" : "")}";

    /// <summary>Gives a login the rights of a role, and no way to become it where the server knows the difference.</summary>
    public static string RightsOnly(Version server, string quotedRole, string quotedLogin) =>
        $"grant {quotedRole} to {quotedLogin}{(server.Major >= GrantOptions ? " with inherit true, set false" : "")}";

    /// <summary>Makes the session's own login a full member of a login.</summary>
    public static string ToSelf(NpgsqlConnection connection, string login) => Full(connection.PostgreSqlVersion, Quote.Identifier(login), "current_user");
}
