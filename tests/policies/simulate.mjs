// Reads a JSON list of {policy, action, resource, context} and answers with a list of verdicts: "Allowed" or not.
import { runSimulation } from "@cloud-copilot/iam-simulate";

const account = "123456789012";
const input = await new Response(process.stdin).json();

async function verdict({ policy, action, resource, context }) {
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${account}:role/function`,
        action,
        resource: { resource, accountId: account },
        contextVariables: context,
      },
      identityPolicies: [{ name: "policy", policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      // A key leaves the decision to the account's policies if it says so, as those that EC2 and the console make do.
      resourcePolicy: action.startsWith("kms:") ? keyPolicy : undefined,
    },
    { simulationMode: "Strict" },
  );
  if (answer.resultType === "error") return `Error: ${JSON.stringify(answer.errors)}`;
  return answer.overallResult;
}

const keyPolicy = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" }],
};

const verdicts = [];
for (const request of input) verdicts.push(await verdict(request));
process.stdout.write(JSON.stringify(verdicts));
