namespace Tenants.Testing;

/// <summary>Stops the server at the end of a test assembly: <c>[assembly: AssemblyFixture(typeof(TestServerFixture))]</c>.</summary>
public sealed class TestServerFixture : IAsyncDisposable
{
    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await TestServer.StopAsync();
}
