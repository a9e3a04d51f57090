using System.Security.Cryptography;
using System.Text;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Names of roles that carry another name, within what PostgreSQL keeps.</summary>
internal static class RoleName
{
    /// <summary>How long the hash is, with the character before it.</summary>
    internal const int HashLength = 11;

    /// <summary>The prefix with the name after it, cut with a hash where it is too long.</summary>
    public static string Of(string prefix, string suffix)
    {
        var name = prefix + suffix;
        if (Encoding.UTF8.GetByteCount(name) <= Quote.MaxIdentifierBytes)
        {
            return name;
        }

        // Cut at a character's border, with a hash of the whole, so that two long names stay two.
        var hash = "_" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(suffix)))[..(HashLength - 1)].ToLowerInvariant();
        while (Encoding.UTF8.GetByteCount(name) + hash.Length > Quote.MaxIdentifierBytes)
        {
            name = name[..^(char.IsLowSurrogate(name[^1]) ? 2 : 1)];
        }

        return name + hash;
    }
}
