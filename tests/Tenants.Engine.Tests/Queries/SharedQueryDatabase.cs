using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>One database for all tests of a class that leave nothing in it.</summary>
public sealed class SharedQueryDatabase : IAsyncLifetime
{
    public QueryDatabase Database { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Database = await QueryDatabase.CreateAsync();

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
