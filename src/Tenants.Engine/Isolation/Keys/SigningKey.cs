using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation.Keys;

/// <summary>A key that the server made for one login. Lives in memory only.</summary>
/// <param name="id">Its public name.</param>
/// <param name="secret">The key.</param>
internal sealed class SigningKey(string id, byte[] secret) : IDisposable
{
    /// <summary>What stands for the backend where a pooler may lend any.</summary>
    public const string AnyBackend = "-";

    // The form in which a service keeps it: tk1.<id>.<key in hex>.
    private const string Mark = "tk1";

    private readonly IncrementalHash _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
    private bool _isWiped;

    /// <summary>Its public name.</summary>
    public string Id => id;

    /// <summary>Reads a key as <see cref="ToText"/> wrote it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SigningKey? key)
    {
        key = null;
        var parts = text.Trim().Split('.');
        if (parts is not [Mark, { Length: 32 } id, { Length: 64 } hex] || !parts[1..].All(p => p.All(char.IsAsciiHexDigitLower)))
        {
            return false;
        }

        key = new SigningKey(id, Convert.FromHexString(hex));
        return true;
    }

    /// <summary>The key as text, for a service's secret store.</summary>
    public string ToText() => $"{Mark}.{id}.{Convert.ToHexString(secret).ToLowerInvariant()}";

    /// <summary>Signs a token that lets one transaction be one tenant's; <c>enter()</c> in the database says what is signed.</summary>
    /// <param name="backend">The server process that runs the transaction, or <see cref="AnyBackend"/>.</param>
    /// <param name="login">The session's login.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="notAfter">Until when transactions may begin with it, in the server's time.</param>
    public string Sign(string backend, string login, TenantId tenant, DateTime notAfter)
    {
        var seconds = new DateTimeOffset(DateTime.SpecifyKind(notAfter, DateTimeKind.Utc)).ToUnixTimeSeconds();
        var head = string.Create(CultureInfo.InvariantCulture, $"v2.{id}.{backend}.{seconds}");
        var signed = string.Create(CultureInfo.InvariantCulture, $"token.{head}.{Encoding.UTF8.GetByteCount(login)}.{login}.{tenant.Value}");
        return $"{head}.{Convert.ToHexString(Hash(Encoding.UTF8.GetBytes(signed))).ToLowerInvariant()}";
    }

    /// <summary>Wipes the key.</summary>
    public void Dispose()
    {
        lock (_hmac)
        {
            _isWiped = true;
            _hmac.Dispose();
        }

        CryptographicOperations.ZeroMemory(secret);
    }

    // To take up a key costs OpenSSL more than to hash with it, and a token is signed for each transaction.
    private byte[] Hash(byte[] message)
    {
        lock (_hmac)
        {
            if (_isWiped)
            {
                // The connection was closed meanwhile: what is signed now is good for nothing.
                return new byte[SHA256.HashSizeInBytes];
            }

            _hmac.AppendData(message);
            return _hmac.GetHashAndReset();
        }
    }
}
