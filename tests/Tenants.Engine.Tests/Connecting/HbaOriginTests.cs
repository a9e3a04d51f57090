using Tenants.Engine.Connections;
using Xunit;

namespace Tenants.Engine.Tests.Connecting;

/// <summary>What a server's refusal tells about the line that is missing. That such lines help is tested where logins are refused.</summary>
public class HbaOriginTests
{
    [Theory]
    [InlineData("db1", "no pg_hba.conf entry for host \"10.1.2.3\", user \"u\", database \"d\", no encryption", "host \"d\" \"u\" 10.1.2.3/32 scram-sha-256")]
    [InlineData("db1", "no pg_hba.conf entry for host \"10.1.2.3\", user \"u\", database \"SSL 10.0.0.1\", no encryption", "host \"d\" \"u\" 10.1.2.3/32 scram-sha-256")]
    [InlineData("db1", "pg_hba.conf rejects connection for host \"2001:db8::7\", user \"u\", database \"d\", SSL encryption", "hostssl \"d\" \"u\" 2001:db8::7/128 scram-sha-256")]
    [InlineData("db1", "kein pg_hba.conf-Eintrag für Host »::1«, Benutzer »u«, Datenbank »SSL«, keine Verschlüsselung", "host \"d\" \"u\" ::1/128 scram-sha-256")]
    [InlineData("db1", "kein pg_hba.conf-Eintrag für Host »::1«, Benutzer »u«, Datenbank »d«, SSL-Verschlüsselung", "hostssl \"d\" \"u\" ::1/128 scram-sha-256")]
    [InlineData("db1", "connection requires a valid client certificate", "host \"d\" \"u\" <this machine's address> scram-sha-256")]
    [InlineData("/run/postgresql", "Peer authentication failed for user \"u\"", "local \"d\" \"u\" scram-sha-256")]
    public void The_line_is_read_from_the_refusal_in_any_language(string server, string refusal, string line) =>
        Assert.Equal(line, HbaOrigin.Read(server, refusal).LineFor("d", "u"));
}
