namespace Tenants.Testing;

/// <summary>The ways to come by a PostgreSQL to test against, in the order in which they are tried.</summary>
public enum TestLane
{
    /// <summary>The server that TENANTS_TEST_POSTGRES names; its login must be able to create databases and roles.</summary>
    ConnectionString,

    /// <summary>A container, where a Docker engine answers and the image is there.</summary>
    Testcontainers,

    /// <summary>The module's own sandbox.</summary>
    Sandbox,
}
