using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>A key that the server made for one login, and the server's clock as it stood then. Lives in memory only.</summary>
internal sealed class SigningKey : IDisposable
{
    private readonly string _id;
    private readonly byte[] _secret;
    private readonly DateTime _serverTime;
    private readonly DateTime _localTime = DateTime.UtcNow;
    private readonly long _ticks = Stopwatch.GetTimestamp();
    private readonly DateTime _due;

    /// <summary>Keeps a key.</summary>
    /// <param name="id">Its public name.</param>
    /// <param name="secret">The key.</param>
    /// <param name="expiresAt">When the server stops taking it, in the server's time.</param>
    /// <param name="serverTime">The server's clock when it was made.</param>
    public SigningKey(string id, byte[] secret, DateTime expiresAt, DateTime serverTime)
    {
        _id = id;
        _secret = secret;
        _serverTime = serverTime;
        _due = serverTime + ((expiresAt - serverTime) / 2);
    }

    /// <summary>True once half of its life is over: time to make another.</summary>
    public bool IsDue => ServerNow >= _due;

    /// <summary>
    /// The server's time now. Two clocks measure what has passed, and the longer counts: the steady one stands still while a
    /// machine sleeps, the other may be set back.
    /// </summary>
    private DateTime ServerNow
    {
        get
        {
            var steady = Stopwatch.GetElapsedTime(_ticks);
            var wall = DateTime.UtcNow - _localTime;
            return _serverTime + (steady > wall ? steady : wall);
        }
    }

    /// <summary>Signs the context of one tenant for one backend; <c>current_tenant()</c> in the database says what is signed.</summary>
    /// <param name="backend">The server process that runs the transaction.</param>
    /// <param name="login">The session's login.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="life">How long transactions may begin with it.</param>
    public string Sign(int backend, string login, TenantId tenant, TimeSpan life)
    {
        var notAfter = new DateTimeOffset(ServerNow + life, TimeSpan.Zero).ToUnixTimeSeconds();
        var head = string.Create(CultureInfo.InvariantCulture, $"v1.{_id}.{backend}.{notAfter}");
        var signed = string.Create(CultureInfo.InvariantCulture, $"{head}.{Encoding.UTF8.GetByteCount(login)}.{login}.{tenant.Value}");
        return $"{head}.{Convert.ToHexString(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(signed))).ToLowerInvariant()}";
    }

    /// <summary>Wipes the key.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_secret);
}
