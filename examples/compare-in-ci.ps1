<#
For a CI pipeline: does the database still keep tenants apart as it should? Prints what differs, and ends with
    0  nothing that is at least as bad as -Severity
    1  something is
    2  the database could not be compared: not reached, login refused, declaration not read

The connection comes from the environment (PGHOST, POSTGRES_SERVER … as README says); the login needs no right to change anything.
Runs in PowerShell and in the project's own shell (./build.sh shell examples/compare-in-ci.ps1 -Demo), which has no Utility
cmdlets: hence no Where-Object that is not the language's own, no Write-Host, no Format-Table.
#>
[CmdletBinding()]
param(
    # The declaration that says what ought to be; unless given, what the module makes.
    [string]$Declaration,

    # From which severity on a difference fails the pipeline.
    [ValidateSet('Information', 'Warning', 'Error', 'Critical')]
    [string]$Severity = 'Warning',

    # Shows it on a server that is thrown away: a table is enabled, then tampered with.
    [switch]$Demo
)

$ErrorActionPreference = 'Stop'
$sandbox = $null
$code = 2
try {
    if (-not (Get-Command Compare-TenantRls -ErrorAction Ignore)) {
        Import-Module ([IO.Path]::Combine($PSScriptRoot, '..', 'Tenants.psd1'))
    }

    if ($Demo) {
        $sandbox = Start-TenantSandbox
        $null = $sandbox | Connect-TenantDatabase
        $null = Invoke-TenantQuery -AsAdmin 'create table todo_item (id int, title text)'
        $null = Enable-TenantRls -Table todo_item
        $null = Invoke-TenantQuery -AsAdmin 'alter table todo_item no force row level security'
        $null = Invoke-TenantQuery -AsAdmin 'create policy debugging on todo_item using (true)'
        $null = Invoke-TenantQuery -AsAdmin 'create table forgotten (id int)'
    }

    $how = @{}
    if ($Declaration) { $how.Declaration = $Declaration }
    $differences = @(Compare-TenantRls @how)
    $differences | Out-Default

    $failing = @(foreach ($difference in $differences) { if ($difference.Severity -ge $Severity) { $difference } })
    "$($differences.Count) difference$(if ($differences.Count -ne 1) { 's' }), $($failing.Count) of them $Severity or worse."
    foreach ($difference in $failing) {
        if ($difference.Mend) { "-- $($difference.Purpose)`n$($difference.Mend);" } else { "# $($difference.Command)" }
    }

    $code = [int]($failing.Count -gt 0)
}
catch {
    $Host.UI.WriteErrorLine("$($_.FullyQualifiedErrorId.Split(',')[0]): $($_.Exception.Message)")
}
finally {
    if ($sandbox) {
        Disconnect-TenantDatabase
        Stop-TenantSandbox $sandbox
    }
}

exit $code
