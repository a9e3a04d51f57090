using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Isolation.Logins;

namespace Tenants.Engine.Isolation;

/// <summary>A shared login that a sealed connection made for itself: its name, what signs for it, its connections.</summary>
internal sealed class SealedLogin(ConnectionSettings settings, LoginSecret secret, TokenSigner signer) : IAsyncDisposable
{
    /// <summary>The login's name.</summary>
    public string Name => secret.Name;

    /// <summary>Signs for it.</summary>
    public TokenSigner Signer => signer;

    /// <summary>Its connections.</summary>
    public LoginConnections Connections { get; } = new(settings, secret.Name, secret.Password, signer.Clock);

    /// <summary>Closes its connections and wipes its key.</summary>
    public async ValueTask DisposeAsync()
    {
        await Connections.DisposeAsync().ConfigureAwait(false);
        signer.Dispose();
    }
}
