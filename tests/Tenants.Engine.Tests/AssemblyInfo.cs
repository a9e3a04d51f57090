using Tenants.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(TestServerFixture))]
